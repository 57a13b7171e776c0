"""Why letters are not sent again or stopped, and servers not set: the refusals of the outbox."""

from app.core.errors import AppError


class LetterNotFound(AppError):
    """There is no such letter in the account, or none the caller may see."""

    status = 404
    code = "letter_not_found"
    title = "There is no such letter."


class LetterNotWaiting(AppError):
    """The letter is being sent, or has ended; only one that waits is cancelled."""

    status = 409
    code = "letter_not_waiting"
    title = "This letter does not wait any more."


class LetterNotEnded(AppError):
    """The letter waits or is being sent; it is sent again by itself where it has to be."""

    status = 409
    code = "letter_not_ended"
    title = "This letter is still on its way."


class LetterWasSent(AppError):
    """The letter was sent and is not sent again; write another one."""

    status = 409
    code = "letter_was_sent"
    title = "This letter was sent."


class LetterWordsGone(AppError):
    """What the letter said was secret, and was forgotten when it had ended; have another one made."""

    status = 409
    code = "letter_words_gone"
    title = "What this letter said is not kept."


class LetterNotSendable(AppError):
    """The message cannot be sent as it is, as where its number is not marked for texts: `reason` says why."""

    status = 422
    code = "letter_not_sendable"
    title = "This message cannot be sent as it is."


class LetterBlockNotFound(AppError):
    """The address is on no block list."""

    status = 404
    code = "letter_block_not_found"
    title = "This address is not blocked."


class MailServerNotFound(AppError):
    """The account has no mail server of its own."""

    status = 404
    code = "mail_server_not_found"
    title = "No mail server is set up."


class MailHostRefused(AppError):
    """The name leads into a private network, or the port is none of mail servers."""

    status = 422
    code = "mail_host_refused"
    title = "This host cannot be used for mail."


class MailLoginRefused(AppError):
    """The mail server does not take the user name and password, or offers no login; `said` says more."""

    status = 422
    code = "mail_login_refused"
    title = "The mail server refused the login."


class MailCheckRefused(AppError):
    """The mail server took the login and not the letter: `reason` is why, `said` its answer."""

    status = 422
    code = "mail_check_refused"
    title = "The mail server did not take the letter."


class MailFolderNotFound(AppError):
    """The mailbox takes the login and has no such folder, or none that may be read; `said` is its answer."""

    status = 422
    code = "mail_folder_not_found"
    title = "The mailbox has no such folder."


class MailServerAway(AppError):
    """The mail server was not reached, or did not answer as one; `said` is what was heard of it."""

    status = 502
    code = "mail_server_away"
    title = "The mail server cannot be reached."


class EmailAddressMissing(AppError):
    """The user has no email address, and a check goes to no other."""

    status = 422
    code = "email_address_missing"
    title = "You have no email address."


class MailPasswordMissing(AppError):
    """A password is kept only for the host, port and user name it was given for; give it with others."""

    status = 422
    code = "mail_password_missing"
    title = "The password is to be given."


class LetterFileNotFound(AppError):
    """The account has no file of this id."""

    status = 404
    code = "letter_file_not_found"
    title = "There is no such file."


class LetterFileRefused(AppError):
    """The file does not go with letters, for a `reason`.

    One of `name` (it is empty or too long, or has none of the `endings`), `type` (it was sent as another
    `Content-Type` than its name says), `content` (it does not begin as such a file does).
    """

    status = 422
    code = "letter_file_refused"
    title = "This file does not go with letters."


class LetterFileTooLarge(AppError):
    """The file has more than `max_bytes` bytes; put it where a link in the letter leads to."""

    status = 413
    code = "letter_file_too_large"
    title = "The file is too large to go with letters."


class LetterFilesFull(AppError):
    """There is no room for the file: the account may have `max_files` files of `max_bytes` bytes in all."""

    status = 409
    code = "letter_files_full"
    title = "There is no room for another file."


class LetterFileInUse(AppError):
    """A template names the file, or a letter that is still to be sent has it with it."""

    status = 409
    code = "letter_file_in_use"
    title = "This file goes with letters."


class TextLineNotFound(AppError):
    """The account has no text line."""

    status = 404
    code = "text_line_not_found"
    title = "No text line is set up."


class TextLineRefused(AppError):
    """The provider does not let in with these, or the account there is not active; `said` is its answer."""

    status = 422
    code = "text_line_refused"
    title = "The provider of texts refused the line."


class TextProviderAway(AppError):
    """The provider of texts was not reached, or did not answer; nothing was changed."""

    status = 502
    code = "text_provider_away"
    title = "The provider of texts cannot be reached."


class TextTokenMissing(AppError):
    """The token is kept only for the account it was given for; give it with another."""

    status = 422
    code = "text_token_missing"
    title = "The token is to be given."


class PublicUrlMissing(AppError):
    """The server does not know its own address (`PUBLIC_URL`): no text could come in, nobody unsubscribe."""

    status = 409
    code = "public_url_missing"
    title = "The server does not know its public address."


class HookSignatureWrong(AppError):
    """What was sent was not signed by the provider with the line's token, for this very address."""

    status = 403
    code = "hook_signature_wrong"
    title = "The signature is wrong."


class HookUnreadable(AppError):
    """News of texts are sent as `application/x-www-form-urlencoded` in UTF-8, not compressed."""

    status = 415
    code = "hook_unreadable"
    title = "The body must be sent as a form."
