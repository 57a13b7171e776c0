"""Texts of emails: headers in one line, addresses, and bytes of any character set."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import TypeAlias

HEADER = 10_000
"""Characters of one header that are looked at."""
MAX_ADDRESSES = 100
ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,250}>")
_ADDRESS = 254
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ANGLE = re.compile(r"<([^<>]*)>")
_BARE = re.compile(r"[^\s<>(),;:\"@]+@[^\s<>(),;:\"@]+")
_UNREAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin-1": "cp1252"}
"""What is said, and what is written then."""

Part: TypeAlias = "Message[str, str]"


def inner_of(part: Part) -> list[Part]:
    """Return what a part is made of; nothing for one that is made of none."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def headers_of(message: Part) -> dict[str, str]:
    """Return the headers by their names, the first of each, in one line."""
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), unfolded(str(value)[:HEADER]))
    return headers


def unfolded(value: str) -> str:
    """Return a header whose bytes are not ASCII as what they are: UTF-8, or else Western."""
    unfolded = value.replace("\r", "").replace("\n", "")
    if unfolded.isascii():
        return unfolded
    return text_of(unfolded.encode("utf-8", "surrogateescape"), None)


def words(value: str) -> str:
    """Return a header with its encoded words decoded."""
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(each if isinstance(each, str) else text_of(each, charset) for each, charset in parts)


def line(value: str) -> str:
    """Return a text as one line of what can be read."""
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())


def addresses(value: str) -> list[str]:
    """Return the addresses of a header; of what is in front of one nothing is taken for another."""
    found: list[str] = []
    for each in _QUOTED.sub(" ", value).split(","):
        angle = _ANGLE.search(each)
        bare = _BARE.search(angle[1] if angle else each)
        if bare and len(bare[0]) <= _ADDRESS and bare[0].isprintable():
            found.append(bare[0])
    return list(dict.fromkeys(found))[:MAX_ADDRESSES]


def text_of(content: bytes, charset: str | None) -> str:
    """Return bytes as text by a character set, or as what they are if that is not known."""
    named = (charset or "us-ascii").lower()
    if named not in ("us-ascii", "utf-8", "unknown-8bit"):
        try:
            return content.decode(_CHARSETS.get(named, named), "replace")
        except (LookupError, ValueError):
            pass
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("utf-8" if named == "utf-8" else "cp1252", "replace")


def plain(text: str) -> str:
    """Return a text with no character that is not for reading, its lines ended by line feeds alone."""
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNREAD.sub("", ended).encode("utf-8", "replace").decode()
