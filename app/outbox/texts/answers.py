"""What the provider answers, and what that means for a text; its own numbers go before those of HTTP."""

from datetime import timedelta
from http import HTTPStatus

from app.outbox.carriers import Away, Blocked, Carried, Deferred, Outcome, Refused
from app.outbox.texts.twilio import Answer
from app.outbox.words import Words, printable

_AFTER_LOGIN = timedelta(minutes=30)
_STOPPED = 21610
_TOO_LONG = 21617
_BUSY = {14107, 20429}
_NOT_TEXTABLE = {21211, 21214, 21217, 21219, 21265, 21266, 21268, 21408, 21608, 21612, 21614, 21635}
"""The number is none, a landline, one of a country that is not open to the line, or out of its reach."""
_LINE = {21212, 21267, 21603, 21606, 21607, 21659, 21660, 21661, 21701, 21702, 21703, 21704, 21705, 21706}
"""What is wrong is where the text comes from; some of these are said of one destination alone."""
_NOT_LET_IN = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
}
_LATER = {
    21610: "stopped",
    30004: "stopped",
    30003: "unreachable",
    30005: "not_textable",
    30006: "not_textable",
    30007: "taken_for_spam",
}


def outcome_of(answer: Answer) -> Outcome:
    """Return what has become of a text that was to be sent.

    What was refused was not taken in. Of an answer that is neither that nor a message's name nobody knows.
    """
    words = Words("provider_away", printable(answer.said))
    if answer.sid is not None:
        return Carried(answer.sid)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.code in _BUSY:
        return Away(words)
    if not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Away(words, is_doubtful=True)
    return _refusal(answer)


def _refusal(answer: Answer) -> Outcome:
    said = printable(answer.said)
    if answer.code == _STOPPED:
        return Blocked(Words("stopped", said))
    if answer.code in _NOT_TEXTABLE:
        return Refused(Words("not_textable", said))
    if answer.code == _TOO_LONG:
        return Refused(Words("text_too_long", said))
    if answer.code in _LINE:
        # Others go on: a line that cannot reach one country may reach all others.
        return Deferred(Words("line_refused", said))
    if answer.status in _NOT_LET_IN:
        return Away(Words("login_refused", said), _AFTER_LOGIN)
    return Refused(Words("refused", said))


def later_news(code: str | None) -> Words:
    """Return why a text did not arrive that was taken in, by the number that came with the news."""
    number = int(code) if code and code.isascii() and code.isdecimal() and len(code) < 10 else 0  # noqa: PLR2004
    return Words(_LATER.get(number, "refused"), str(number) if number else None)
