"""Emails as they lie in a mailbox, taken apart: what of them is read, and what comes with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.parser import BytesHeaderParser

from app.readers import mail_reports
from app.readers.mail_texts import (
    HEADER,
    ID,
    Part,
    addresses,
    headers_of,
    inner_of,
    line,
    plain,
    text_of,
    unfolded,
    words,
)
from app.readers.mails import HEAD, MAX_HTML, MAX_TEXT, Attachment, Body, Mail, Report

_MAX_PARTS = 500
_MAX_DEPTH = 30
_MAX_FILES = 50
_MAX_IDS = 50
_NAME = 100


def read_mail(content: bytes) -> Mail:
    """Read an email, or of one whose parts break the library its head."""
    try:
        message = message_from_bytes(content)
        found = _Found()
        _collect(message, found, 0)
        return _mail(message, found, mail_reports.report_of(message))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a damaged email breaks the library wherever it is damaged
        head = BytesHeaderParser().parsebytes(content[:HEAD])
        return _mail(head, _Found(is_whole=False), None)


@dataclass(slots=True)
class _Found:
    """What was found in the parts of an email so far."""

    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    parts: int = 0
    text_left: int = MAX_TEXT
    html_left: int = MAX_HTML
    is_whole: bool = True


def _mail(message: Part, found: _Found, report: Report | None) -> Mail:
    headers = headers_of(message)
    senders = addresses(headers.get("from", "")) or addresses(headers.get("sender", ""))
    answered = ID.findall(headers.get("in-reply-to", ""))[:1]
    answers = [*answered, *reversed(ID.findall(headers.get("references", ""))[-_MAX_IDS:])]
    ids = ID.findall(headers.get("message-id", ""))
    return Mail(
        message_id=ids[0] if ids else None,
        sender=senders[0] if senders else None,
        to=addresses(headers.get("to", "")),
        cc=addresses(headers.get("cc", "")),
        subject=line(words(headers.get("subject", ""))),
        date=line(headers.get("date", "")),
        answers=list(dict.fromkeys(answers)),
        bodies=found.bodies,
        attachments=found.attachments,
        report=report,
        is_whole=found.is_whole,
    )


def _collect(part: Part, found: _Found, depth: int) -> None:
    """Find what is read in a part, and what comes with it."""
    found.parts += 1
    if found.parts > _MAX_PARTS or depth > _MAX_DEPTH:
        found.is_whole = False
        return
    kind, inner = part.get_content_type(), inner_of(part)
    if not part.is_multipart():
        _collect_leaf(part, kind, found)
    elif kind == "multipart/alternative":
        _collect_alternative(inner, found, depth)
    elif part.get_content_maintype() == "message":
        _attach(part, found)
    else:
        is_report = kind == "multipart/report"
        for each in inner:
            if not is_report or each.get_content_type() not in mail_reports.PARTS:
                _collect(each, found, depth + 1)


def _collect_alternative(inner: Sequence[Part], found: _Found, depth: int) -> None:
    """Take what can be had as text or as HTML for one body."""
    either = _Found(parts=found.parts, text_left=found.text_left, html_left=found.html_left)
    for each in inner:
        _collect(each, either, depth + 1)
    text = next((each.text for each in either.bodies if each.text is not None), None)
    html = next((each.html for each in either.bodies if each.html is not None), None)
    if text is not None or html is not None:
        found.bodies.append(Body(text, html))
    found.attachments = [*found.attachments, *either.attachments][:_MAX_FILES]
    found.parts, found.is_whole = either.parts, found.is_whole and either.is_whole
    found.text_left, found.html_left = either.text_left, either.html_left


def _collect_leaf(part: Part, kind: str, found: _Found) -> None:
    is_read = kind in ("text/plain", "text/html") and not _name_of(part)
    if not is_read or part.get_content_disposition() == "attachment":
        _attach(part, found)
        return
    left = found.html_left if kind == "text/html" else found.text_left
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    whole = plain(text_of(content[: 4 * MAX_HTML], part.get_content_charset()))
    found.is_whole &= len(whole) <= left
    text = whole[:left]
    if kind == "text/html":
        found.html_left -= len(text)
        found.bodies.append(Body(None, text))
    elif text.strip():
        found.text_left -= len(text)
        found.bodies.append(Body(text.strip("\n"), None))


def _attach(part: Part, found: _Found) -> None:
    name, kind = _name_of(part), part.get_content_type()
    if len(found.attachments) == _MAX_FILES or (not name and kind.startswith("image/")):
        # A picture without a name is one of the HTML's.
        return
    inner = part.get_payload()
    length = len(inner) if isinstance(inner, str) else 0
    is_base64 = line(str(part.get("content-transfer-encoding", ""))).lower() == "base64"
    found.attachments.append(Attachment(name or line(kind)[:_NAME], length * 3 // 4 if is_base64 else length))


def _name_of(part: Part) -> str:
    try:
        return line(words(unfolded(part.get_filename("")[:HEADER])))[:_NAME]
    except (ValueError, LookupError, TypeError):
        return ""
