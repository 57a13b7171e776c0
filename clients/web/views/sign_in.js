// Signing in, as a phone does.
import { element, field, input, sending, troubleOf, typedInto } from '../dom.js'

const WIPED = 'This device was deactivated by an administrator. All that was kept on it is deleted.'

export async function showSignIn(app) {
  const message = (await app.studio.isWiped()) ? WIPED : app.message
  const trouble = troubleOf(message)
  const send = element('button', {}, 'Sign in')

  async function signIn(sent) {
    send.disabled = true
    try {
      await app.studio.signIn(typedInto(sent))
      await app.opened()
    } finally {
      send.disabled = false
    }
  }

  const form = element(
    'form',
    { class: 'sheet', onsubmit: sending(trouble, signIn) },
    element('h1', {}, 'Your studio, with and without a connection'),
    element('p', { class: 'quiet' }, 'Sign in once. From then on this browser keeps a copy of its own.'),
    trouble,
    field('Account name', input('account', '', { required: true, autocomplete: 'organization', autocapitalize: 'none' })),
    field('User initials', input('initials', '', { required: true, autocomplete: 'username', autocapitalize: 'characters' })),
    field('Password', input('password', '', { required: true, type: 'password', autocomplete: 'current-password' })),
    send,
  )
  return { title: 'Sign in', content: [form] }
}
