"""Which types of files are read, and what records they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

from app.desk.imports.errors import FileTypeUnfit, UnknownFileType
from app.desk.imports.targets import Kind


@dataclass(frozen=True, slots=True)
class Form:
    """A format: its name, and the kinds of records it may have."""

    name: str
    kinds: frozenset[Kind] = frozenset(Kind)


_CSV = Form("csv")
_XLSX = Form("xlsx")
_VCARD = Form("vcard", frozenset({Kind.CLIENTS}))
_ICALENDAR = Form("icalendar", frozenset({Kind.APPOINTMENTS}))
FORMS: Mapping[str, Form] = {
    "text/csv": _CSV,
    "application/csv": _CSV,
    # What browsers call a CSV on a computer that has Excel, or knows no program for it.
    "application/vnd.ms-excel": _CSV,
    "text/plain": _CSV,
    "text/tab-separated-values": _CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _XLSX,
    "text/vcard": _VCARD,
    "text/x-vcard": _VCARD,
    "text/calendar": _ICALENDAR,
}


def form_of(content_type: str, kind: Kind) -> Form:
    """Return how a file of a content type is read; raises `UnknownFileType` and `FileTypeUnfit`."""
    message = Message()
    message["content-type"] = content_type.encode("ascii", "replace").decode()[:200]
    found = FORMS.get(message.get_content_type()) if content_type else None
    if found is None:
        raise UnknownFileType(allowed=sorted(FORMS))
    if kind not in found.kinds:
        raise FileTypeUnfit
    return found
