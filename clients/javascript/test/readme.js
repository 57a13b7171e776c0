// Runs the first program of a package's page as its reader would: in a folder of its own, with the packages installed.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** `packages` are folders by the names they are installed under. Answers what the program printed, line by line. */
export async function printedByFirstProgram(page, { packages, studio, mock }) {
  const [, program] = /```js\n(.*?)```/s.exec(await readFile(page, 'utf8'))
  const folder = await mkdtemp(join(tmpdir(), 'reader-'))
  for (const [name, target] of Object.entries(packages)) {
    const place = join(folder, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(resolve(target), place)
  }
  const demo = { base_url: 'https://studio.test/', account: 'demo', users: [{ initials: 'JD', password: 'secret' }] }
  await mkdir(join(folder, '.data'))
  await writeFile(join(folder, '.data', 'demo.json'), JSON.stringify(demo))
  await writeFile(join(folder, 'program.mjs'), program)
  mock.method(globalThis, 'fetch', studio.fetch)
  const { mock: printed } = mock.method(console, 'log', () => {})
  const before = process.cwd()
  process.chdir(folder)
  try {
    await import(pathToFileURL(join(folder, 'program.mjs')))
  } finally {
    process.chdir(before)
    await rm(folder, { recursive: true })
  }
  return printed.calls.map((call) => call.arguments)
}
