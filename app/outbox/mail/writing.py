"""Writing an email: headers nobody can slip lines into, text and HTML, files, an invitation."""

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.core import clock
from app.outbox.carriers import Parcel
from app.outbox.html import clean, text_of
from app.outbox.states import Purpose
from app.outbox.unsubscribing import headers
from app.outbox.words import Words

MOST_BYTES = 12 * 2**20
"""Bytes of an email as it is sent: what its files have, and a third more."""
_SUBJECT_MOST = 500
_NAME_MOST = 100
_BY_ITSELF = (Purpose.TRIGGER, Purpose.PORTAL, Purpose.NOTICE)
_POLICY = SMTP.clone(cte_type="7bit", utf8=False)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


class CannotBeWritten(ValueError):
    """An email cannot be made of what it is to hold."""

    words = Words("bad_header")


class BadAddress(CannotBeWritten):
    """What stands where an address should is none."""

    words = Words("bad_address")


class AddressNotAscii(CannotBeWritten):
    """Whom it comes from has an address the server does not take."""

    words = Words("address_not_ascii")


class TooLarge(CannotBeWritten):
    """An email has more bytes than any may."""

    words = Words("too_large")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom emails come from, and where answers go, if not there."""

    name: str
    address: str
    reply_to: str | None = None


def address_of(written: str, name: str = "") -> Address:
    """Return an address as headers and servers have it, its domain in ASCII; raises `BadAddress`."""
    local, _, domain = written.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
        # The library knows no letters beyond ASCII there (RFC 6531): they stand where any other may.
        plain = _BEYOND_ASCII.sub("x", local)
        parsed = Address(display_name=name, addr_spec=f"{plain}@{ascii_domain}")
        if plain != local:
            if parsed.username != plain:
                raise BadAddress(written)
            parsed = Address(display_name=name, username=local, domain=parsed.domain)
    except (ValueError, IndexError, MessageError):
        raise BadAddress(written) from None
    if not parsed.username or not parsed.domain or any(not each.isprintable() for each in parsed.addr_spec):
        raise BadAddress(written)
    return parsed


def one_line(text: str, most: int) -> str:
    """Return a text as a header may have it: one line, with nothing in it that is not for reading."""
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())[:most]


def needs_utf8(parcel: Parcel, sender: Sender) -> bool:
    """Say whether an email can go as UTF-8 alone: an address in it is not ASCII, but for its domain.

    Whatever takes it on from the server must know that too, or the email comes back; names and subjects are
    no reason for it.
    """
    named = (sender.address, sender.reply_to or "", *parcel.recipients, *parcel.envelope.to)
    return any(not each.rpartition("@")[0].isascii() for each in (*named, *parcel.envelope.copies))


def written(parcel: Parcel, sender: Sender, *, is_utf8: bool) -> bytes:
    """Return an email's bytes; where it does not go as UTF-8, everything in them is ASCII.

    Raises `CannotBeWritten`, as where the sender's address is none. Recipients that are no addresses are
    named nowhere.
    """
    content = parcel.content
    message = EmailMessage(policy=_POLICY.clone(utf8=is_utf8))
    try:
        name = one_line(content.from_name or sender.name, _NAME_MOST)
        message["From"] = _ours(sender.address, name, is_utf8=is_utf8)
        if sender.reply_to:
            message["Reply-To"] = _ours(sender.reply_to, is_utf8=is_utf8)
        for header, addresses in (("To", parcel.envelope.to), ("Cc", parcel.envelope.copies)):
            if named := _named(addresses, is_utf8=is_utf8):
                message[header] = named
        message["Subject"] = one_line(content.subject, _SUBJECT_MOST)
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = parcel.message_id
        if parcel.purpose in _BY_ITSELF:
            message["Auto-Submitted"] = "auto-generated"
        _fill(message, parcel)
        made = _with_link(message.as_bytes(), parcel)
    except (BadAddress, AddressNotAscii):
        raise
    except (ValueError, MessageError, LookupError) as error:
        raise CannotBeWritten(type(error).__name__) from error
    if len(made) > MOST_BYTES:
        raise TooLarge
    return made


def _with_link(made: bytes, parcel: Parcel) -> bytes:
    """Return an email's bytes with the headers of a link to unsubscribe before them, each in one line.

    The library cuts what is longer than a line of its own, and no mail program knows a link in pieces.
    """
    if parcel.unsubscribe is None:
        return made
    lines = (f"{name}: {value}\r\n" for name, value in headers(parcel.unsubscribe).items())
    return "".join(lines).encode("ascii") + made


def _fill(message: EmailMessage, parcel: Parcel) -> None:
    content = parcel.content
    html = clean(content.html) if content.html else None
    text = content.text or (text_of(html) if html else "")
    message.set_content(text.replace("\0", ""))
    if html:
        message.add_alternative(html, subtype="html")
    for each in parcel.files:
        kind, _, subtype = each.media_type.partition("/")
        name = one_line(each.name, _NAME_MOST)
        params = {"charset": "utf-8"} if kind == "text" else None
        message.add_attachment(each.content, kind, subtype, filename=name, params=params)
    if content.calendar:
        message.add_attachment(
            content.calendar.encode(),
            maintype="text",
            subtype="calendar",
            filename="invite.ics",
            params={"method": "PUBLISH", "charset": "utf-8"},
        )


def _ours(written: str, name: str = "", *, is_utf8: bool) -> Address:
    parsed = address_of(written, name)
    if not is_utf8 and not parsed.addr_spec.isascii():
        raise AddressNotAscii(written)
    return parsed


def _named(addresses: tuple[str, ...], *, is_utf8: bool) -> list[Address]:
    found = []
    for each in addresses:
        try:
            parsed = address_of(each)
        except BadAddress:
            continue
        if is_utf8 or parsed.addr_spec.isascii():
            found.append(parsed)
    return found
