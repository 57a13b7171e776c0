// The first program anybody runs does what its page says.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { printedByFirstProgram } from './readme.js'
import { Studio } from './studio.js'

test('the first program', async ({ mock }) => {
  const studio = await Studio.open()
  const packages = { '@studio-sync/client': '.', 'fake-indexeddb': 'node_modules/fake-indexeddb' }
  assert.deepEqual(await printedByFirstProgram('README.md', { packages, studio, mock }), [[1, 0]])
  assert.deepEqual([...studio.rows.values()].map(({ record }) => record.last_name), ['Quill'])
})
