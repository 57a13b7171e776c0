// The first program anybody runs does what its page says.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { printedByFirstProgram } from '../../javascript/test/readme.js'
import { Studio } from '../../javascript/test/studio.js'

test('the first program', async ({ mock }) => {
  const studio = await Studio.open()
  studio.put('clients', randomUUID(), { last_name: 'Lee' })
  const packages = {
    '@studio-sync/client': '../javascript',
    '@studio-sync/tanstack': '.',
    '@tanstack/db': 'node_modules/@tanstack/db',
    'fake-indexeddb': '../javascript/node_modules/fake-indexeddb',
  }
  assert.deepEqual(await printedByFirstProgram('README.md', { packages, studio, mock }), [['Baker', 0]])
  assert.equal([...studio.rows.values()][0].record.job_title, 'Baker')
})
