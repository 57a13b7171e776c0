"""Reports among emails: of letters that came back (RFC 3464), or were called spam (RFC 5965)."""

import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes, message_from_string

from app.readers.mail_texts import ID, MAX_ADDRESSES, Part, addresses, headers_of, inner_of, line
from app.readers.mails import HEAD, Recipient, Report

DELIVERY = {"message/delivery-status", "message/global-delivery-status"}
FEEDBACK = "message/feedback-report"
ORIGINALS = {"message/rfc822", "message/global", "message/global-headers"}
_HEADERS = "text/rfc822-headers"
PARTS = DELIVERY | ORIGINALS | {FEEDBACK, _HEADERS}
"""What a report is made of, beside what people are told."""
_NAME = 100
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def report_of(message: Part) -> Report | None:
    """Return what an email reports, if it is a report."""
    inner = inner_of(message)
    if message.get_content_type() != "multipart/report":
        return None
    for each in inner:
        kind = each.get_content_type()
        if kind in DELIVERY:
            recipients = [_recipient(block) for block in _blocks(each)]
            return Report("delivery", _reported(inner), [one for one in recipients if one.addresses])
        if kind == FEEDBACK:
            told = [headers_of(block) for block in _blocks(each)][:1]
            fields = told[0] if told else {}
            whom = Recipient(addresses(fields.get("original-rcpt-to", "")))
            return Report(line(fields.get("feedback-type", "")).lower()[:_NAME], _reported(inner), [whom])
    return None


def _reported(inner: Sequence[Part]) -> str | None:
    """Return the `Message-ID` of what a report is about."""
    for each in inner:
        kind, parts = each.get_content_type(), inner_of(each)
        if kind in ORIGINALS and parts:
            original = parts[0]
        elif kind == _HEADERS:
            content = each.get_payload(decode=True)
            original = message_from_bytes(content[:HEAD] if isinstance(content, bytes) else b"")
        else:
            continue
        if ids := ID.findall(headers_of(original).get("message-id", "")):
            return str(ids[0])
    return None


def _blocks(part: Part) -> Iterator[Part]:
    """Yield the blocks of fields a report is made of; the library parts those of one kind only."""
    for each in inner_of(part)[:MAX_ADDRESSES]:
        yield each
        rest = each.get_payload()
        if isinstance(rest, str) and rest.strip():
            for block in re.split(r"\r?\n\r?\n", rest)[:MAX_ADDRESSES]:
                yield message_from_string(block.lstrip("\r\n"))


def _recipient(block: Part) -> Recipient:
    fields = headers_of(block)
    named = [fields.get(name, "").partition(";")[2] for name in ("original-recipient", "final-recipient")]
    status = _STATUS.search(fields.get("status", ""))
    return Recipient(
        addresses=list(dict.fromkeys(address for each in named for address in addresses(each))),
        action=line(fields.get("action", "")).lower()[:_NAME],
        status=status[1] if status else "",
        said=line(fields.get("diagnostic-code", "").partition(";")[2])[:500],
    )
