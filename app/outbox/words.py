"""Why a letter did not arrive, in words anybody understands; by their codes, which stay."""

from dataclasses import dataclass

SAID_MOST = 200
"""Characters of what a server has said that are kept: it may be anybody's."""

_SENTENCES = {
    "mailbox_full": "The mailbox is full.",
    "no_such_address": "The address does not exist.",
    "taken_for_spam": "The receiving server takes it for spam.",
    "too_large": "It is too large.",
    "server_away": "The mail server cannot be reached.",
    "provider_away": "The provider of texts cannot be reached.",
    "server_busy": "The mail server asks for patience.",
    "login_refused": "The login to the server was refused.",
    "login_not_offered": "The mail server offers no way to sign in by a password on this port.",
    "no_mail_server": "No mail server is set up.",
    "no_text_line": "No text line is set up.",
    "host_refused": "The mail server's name leads to an address that is not allowed.",
    "day_is_full": "The day's share has been sent.",
    "plan_used_up": "The month's texts are used up.",
    "too_late": "It could not be sent in time.",
    "nobody": "It has no address to go to.",
    "bad_address": "The address is not one.",
    "bad_header": "It holds what no header can.",
    "address_not_ascii": "The mail server does not take addresses like this one.",
    "unsubscribed": "This address has unsubscribed.",
    "bounced_before": "This address does not exist, as an earlier letter has shown.",
    "complained": "This address has called an earlier letter spam.",
    "stopped": "This number has asked for no more texts.",
    "blocked": "This address is on the block list.",
    "not_marked": "The number is no longer marked for text messages.",
    "not_textable": "The number takes no texts.",
    "text_too_long": "The text is too long.",
    "unreachable": "The phone cannot be reached.",
    "line_refused": "The provider does not send from the text line's number.",
    "looked_up": "The provider was asked and does not know of it yet.",
    "file_gone": "A file that goes with it is gone.",
    "seal_broken": "What it says cannot be opened any more.",
    "doubtful": "The line was lost before the server had answered.",
    "not_really_sent": "Not really sent: kept as a file.",
    "some_refused": "Not everybody got it",
    "cancelled": "It was cancelled.",
    "called_spam": "It was called spam by who got it.",
    "folder_not_found": "The mailbox has no such folder.",
    "began_anew": "The mailbox was numbered anew, and is read from then on.",
    "refused": "The server refused it.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Why, by a code; and what the other side has said about it, where it has said anything."""

    code: str
    said: str | None = None

    @property
    def sentence(self) -> str:
        """Return it as people are told, without what the other side has said."""
        return _SENTENCES[self.code]


def printable(said: object) -> str | None:
    """Return what somebody else has said, cut, with no character that is not for reading."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    kept = " ".join("".join(each if each.isprintable() else " " for each in text[:2_000]).split())
    return kept[:SAID_MOST] or None


def sentence_of(code: str | None) -> str | None:
    """Return what a code means to people; none for none, or one of another release."""
    return _SENTENCES.get(code) if code else None
