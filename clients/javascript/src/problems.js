// What can go wrong on the way to the server, as errors a program can tell apart.

/** The server answered with a refusal (RFC 9457); `code` is stable, `problem` is the whole answer. */
export class Problem extends Error {
  constructor(problem, { status, retryAfter = null }) {
    super(problem.detail ?? problem.title ?? problem.code)
    this.name = 'Problem'
    this.status = status
    this.code = problem.code
    this.problem = problem
    /** Seconds the server asks us to wait, or null. */
    this.retryAfter = retryAfter
  }
}

/** The device was shut out and its local copy has been cleared on a verified order. */
export class DeviceWiped extends Error {
  constructor(cause) {
    super('This device was deactivated; its local data has been cleared.', { cause })
    this.name = 'DeviceWiped'
    this.code = 'device_wiped'
  }
}

/** No answer came back: no network, a cut connection, or a time-out. */
export class Unreachable extends Error {
  constructor(cause) {
    super('The server cannot be reached.', { cause })
    this.name = 'Unreachable'
    this.code = 'unreachable'
  }
}

/** Something answered that is not the server: a captive portal, a proxy, an error page. */
export class UnexpectedAnswer extends Error {
  constructor(status) {
    super(`An answer that is not the server's (HTTP ${status}).`)
    this.name = 'UnexpectedAnswer'
    this.code = 'unexpected_answer'
    this.status = status
  }
}

/** Nobody is signed in, or the sign-in has ended; local data stays. */
export class SignedOut extends Error {
  constructor(cause) {
    super('Sign in again; local data is kept.', { cause })
    this.name = 'SignedOut'
    this.code = 'signed_out'
  }
}

/** The copy on this device was let go of, or is deleted, here or by another tab. */
export class CopyClosed extends Error {
  constructor() {
    super('This copy is closed, or deleted.')
    this.name = 'CopyClosed'
    this.code = 'copy_closed'
  }
}

/** The server asked for a pause before the rest of the queue; what is left stays queued. */
export class RetryLater extends Error {
  constructor(verdict) {
    super(verdict.message ?? 'The server asks to send the rest later.')
    this.name = 'RetryLater'
    this.code = verdict.code ?? 'retry'
  }
}

/** Turn an answer that is not a success into the error it means. */
export async function problemFrom(response) {
  const type = response.headers.get('content-type') ?? ''
  if (!type.startsWith('application/problem+json')) return new UnexpectedAnswer(response.status)
  const problem = await response.json().catch(() => null)
  if (typeof problem?.code !== 'string') return new UnexpectedAnswer(response.status)
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  return new Problem(problem, {
    status: response.status,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  })
}
