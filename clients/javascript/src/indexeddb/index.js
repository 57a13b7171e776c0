// A copy of a studio in IndexedDB, and what its sign-in is kept in.
export { CopyClosed } from '../problems.js'
export { openKeys } from './keys.js'
export { alone } from './locks.js'
export { openStore } from './store.js'
