// One at a time, over all tabs and the service worker of a browser.

const queues = new Map()

/** Do something while nobody else does anything under the same name. */
export function alone(name, work) {
  if (globalThis.navigator?.locks) return navigator.locks.request(name, work)
  // Without Web Locks there are no other tabs either: Node before 24.
  const turn = (queues.get(name) ?? Promise.resolve()).then(work)
  const over = turn.catch(() => {})
  queues.set(name, over)
  return turn
}
