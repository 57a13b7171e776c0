// Lets a story be told to an adapter for Node: `node driver.mjs <module>`, a call a line, an answer a line.
import { createInterface } from 'node:readline'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Whatever a library has to say would be taken for an answer.
console.log = console.info = console.debug = console.error

const { Phone } = await import(pathToFileURL(resolve(process.argv[2])))
const phones = new Map()

for await (const line of createInterface({ input: process.stdin })) {
  const { phone, call, given } = JSON.parse(line)
  let said
  try {
    said = { answer: (await carryOut(phone, call, given)) ?? null }
  } catch (error) {
    said = { error: { code: error.code ?? 'defect', message: error.stack ?? String(error) } }
  }
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
process.exit(0)

async function carryOut(name, call, given) {
  if (call === 'open') {
    const phone = new Phone()
    phones.set(name, phone)
    return phone.open(given)
  }
  const phone = phones.get(name)
  if (call === 'close') phones.delete(name)
  return phone[call](given)
}
