// The same phone in Node, where IndexedDB is one of a package.
import 'fake-indexeddb/auto'

export { Phone } from './driver.js'
