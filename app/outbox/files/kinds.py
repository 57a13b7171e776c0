"""What files go with letters: told by how they end and how they begin, and by what is said of them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

LONGEST_NAME = 100
"""Characters of a file's name."""
_SEPARATORS = re.compile(r"[/\\]")
_UNKNOWN = "application/octet-stream"
"""What a browser calls a file it knows no program for."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one media type: what their names end in, and how they begin; those of text are in UTF-8."""

    endings: tuple[str, ...]
    begins: tuple[bytes, ...] = ()


_ZIP = (b"PK\x03\x04",)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
KINDS: Mapping[str, Kind] = {
    "application/pdf": Kind((".pdf",), (b"%PDF-",)),
    "image/jpeg": Kind((".jpg", ".jpeg"), (b"\xff\xd8\xff",)),
    "image/png": Kind((".png",), (b"\x89PNG\r\n\x1a\n",)),
    "image/gif": Kind((".gif",), (b"GIF87a", b"GIF89a")),
    "text/plain": Kind((".txt",)),
    "text/csv": Kind((".csv",)),
    "text/calendar": Kind((".ics",), (b"BEGIN:VCALENDAR",)),
    "text/vcard": Kind((".vcf",), (b"BEGIN:VCARD",)),
    f"{_OFFICE}.wordprocessingml.document": Kind((".docx",), _ZIP),
    f"{_OFFICE}.spreadsheetml.sheet": Kind((".xlsx",), _ZIP),
    f"{_OFFICE}.presentationml.presentation": Kind((".pptx",), _ZIP),
    f"{_OPEN}.text": Kind((".odt",), _ZIP),
    f"{_OPEN}.spreadsheet": Kind((".ods",), _ZIP),
}
"""What is taken: nothing that runs, no page, which is taken for a trap, and no archive nobody looks into."""


def name_of(text: str) -> str:
    """Return a name as it is kept: without folders, of characters that are seen, on one line."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", text))[-1]
    return " ".join("".join(each if each.isprintable() else " " for each in last).split())


def ending_of(name: str) -> str | None:
    """Return what a name ends in, in small letters; none where nothing stands before it."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending.lower()}" if dot and stem.strip(" .") else None


def said_of(content_type: str) -> str | None:
    """Return the media type a file is sent as, if anything is said of it."""
    message = Message()
    message["content-type"] = content_type.encode("ascii", "replace").decode()[:200]
    found = message.get_content_type()
    return None if not content_type or found == _UNKNOWN else found


def type_of(ending: str | None) -> str | None:
    """Return the media type of files whose names end so; none where none is taken."""
    return next((each for each, kind in KINDS.items() if ending in kind.endings), None)


def begins_as(media_type: str, content: bytes) -> bool:
    """Say whether a file begins as those of its type do, and is text where it should be."""
    begins = KINDS[media_type].begins
    if not media_type.startswith("text/"):
        return content.startswith(begins)
    text = text_in(media_type, content)
    return text is not None and (not begins or text.startswith(tuple(each.decode() for each in begins)))


def text_in(media_type: str, content: bytes) -> str | None:
    """Return what a file of text says; none where it is none."""
    if not media_type.startswith("text/"):
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
