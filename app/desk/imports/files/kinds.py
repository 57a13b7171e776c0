"""Which types of files are read, how, and what records they have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from email.message import Message
from zoneinfo import ZoneInfo

from app.desk.imports.errors import FileTypeUnfit, UnknownFileType
from app.desk.imports.files.calendars import read_icalendar
from app.desk.imports.files.cards import read_vcard
from app.desk.imports.files.tables import Table
from app.desk.imports.files.texts import read_csv
from app.desk.imports.files.workbooks import read_xlsx
from app.desk.imports.targets import Kind


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a file is read: calendars tell instants, and rules without an end.

    `has_headings` says of a table that its columns have names.
    """

    zone: ZoneInfo
    today: date
    has_headings: bool = True


Read = Callable[[bytes, Setting], Table]


@dataclass(frozen=True, slots=True)
class Form:
    """A format: its name, how it is read, and the kinds of records it may have."""

    name: str
    read: Read
    kinds: frozenset[Kind] = frozenset(Kind)


_CSV = Form("csv", lambda content, setting: read_csv(content, has_headings=setting.has_headings))
_XLSX = Form("xlsx", lambda content, setting: read_xlsx(content, has_headings=setting.has_headings))
_VCARD = Form("vcard", lambda content, _: read_vcard(content), frozenset({Kind.CLIENTS}))
_ICALENDAR = Form(
    "icalendar",
    lambda content, setting: read_icalendar(content, setting.zone, setting.today),
    frozenset({Kind.APPOINTMENTS}),
)
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
