"""From a row and what its columns are to the fields of a record, each that is wrong by itself."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from app.desk.imports.targets import FAMILY, PHONES, Kind, is_headed
from app.desk.imports.values import (
    DateOrder,
    Unclear,
    day_of,
    phone_of,
    says_nothing,
    time_of,
    unshortened,
    whole_of,
    yes_or_no,
)

_SEVERAL = " ::: "
"""How Google writes several values in one cell."""
_NUMBERS = re.compile(r" ::: |[;,\n]|\s/\s|\bor\b")
"""What people write between telephone numbers in one cell."""
_CHILDREN = re.compile(r"[;,&\n]|\band\b")
_TOLD_LABEL = re.compile(r"(.*\d)[\s(]+([A-Za-z]+)\)?|([A-Za-z]+):?\s+(.*\d)")
_SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|esq|md|ph\.?d)\.?", re.IGNORECASE)
_BRACKETS = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>")
_LABELS = {
    "mobile": "Mobile",
    "cell": "Mobile",
    "iphone": "Mobile",
    "home": "Home",
    "work": "Work",
    "main": "Work",
    "business": "Work",
    "office": "Work",
}
_OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists whose entries files name by their words: collection, word in lower case, id."""

    entries: Mapping[str, Mapping[str, UUID]]

    def find(self, collection: str, word: str) -> str | None:
        """Return the entry a word is, as JSON has its id."""
        found = self.entries.get(collection, {}).get(word.casefold())
        return str(found) if found else None


@dataclass(slots=True)
class Built:
    """What a row would be: fields in JSON form, sentences by field of what is wrong or was left out.

    Its id is the same however often it is made, and that of an event with an id of its own in every import.
    `client` names whom an appointment is for, as the file does: `email` or `number`, and which.
    """

    record_id: UUID
    fields: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    client: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a file are read: what its columns are, and how its dates are written.

    `today` is the last day a day in a client's past may be; on the calendar of `importer_id` are appointments
    of which nobody is told whose they are.
    """

    kind: Kind
    account_id: UUID
    import_id: UUID
    columns: Sequence[str]
    fields: Sequence[str | None]
    dates: DateOrder | None
    today: date
    lists: Lists
    importer_id: UUID | None

    def build(self, row: int, cells: Sequence[str]) -> Built:
        """Return what a row would be."""
        texts: dict[str, str] = {}
        for column, name, text in zip(self.columns, self.fields, cells, strict=True):
            if name and text:
                told = text if name != "notes" or is_headed(self.kind, column, name) else f"{column}: {text}"
                texts[name] = f"{texts[name]}\n{told}" if name in texts else told
        uid = texts.get("uid") if self.kind is Kind.APPOINTMENTS else None
        record_id = uuid5(self.account_id, f"event {uid}") if uid else uuid5(self.import_id, f"row {row}")
        made = _Making(self, texts, Built(record_id))
        if self.kind is Kind.CLIENTS:
            made.client()
        else:
            made.appointment()
        return made.built


@dataclass(slots=True)
class _Making:
    """One row on its way to a record."""

    reading: Reading
    texts: dict[str, str]
    built: Built

    def client(self) -> None:
        self._names()
        for name in ("salutation", "job_title", "company_name", "call_warning", "notes"):
            self._take(name, str)
        self._take("student_id", unshortened)
        self._take("client_type", str.lower)
        self._take("client_number", whole_of)
        self._take("graduation_year", whole_of)
        for name in ("birthday", "anniversary"):
            self._take(name, self._past_day)
            told = self.built.fields.get(name)
            if told and told[:4] not in self.texts[name]:
                self.built.left_out[name] = f"The year was taken for {told[:4]}."
        self._email()
        self._phones()
        self._family()
        self._custom()
        for name in ("address", "mailing_address"):
            parts = {
                each.partition(".")[2]: text
                for each, text in self.texts.items()
                if each.startswith(f"{name}.")
            }
            if parts:
                self.built.fields[name] = {part: " ".join(text.split()) for part, text in parts.items()}
        self._take("status", self._status, into="status_id")
        self._word("lead_source", "lead_sources")
        self._take("groups", self._groups, into="group_ids")

    def appointment(self) -> None:
        for name in ("description", "location_other", "notes"):
            self._take(name, str)
        self.built.fields.setdefault("description", "Appointment")
        self._take("date", self._day)
        if "date" not in self.texts and "start_time" in self.texts:
            self._take("start_time", self._day, into="date")
        for name in ("start_time", "end_time"):
            self._take(name, lambda text: time_of(text).isoformat())
        self._take("users", self._users, into="user_ids")
        if "user_ids" not in self.built.fields and self.reading.importer_id:
            # On nobody's calendar nobody would ever see it.
            self.built.fields["user_ids"] = [str(self.reading.importer_id)]
        self._take("is_cancelled", yes_or_no)
        self._word("appointment_type", "appointment_types")
        self._take(
            "series", lambda text: str(uuid5(self.reading.account_id, f"series {text}")), into="series_id"
        )
        if number := self.texts.get("client_number"):
            self._take("client_number", lambda _: str(whole_of(number)), into="client")
            if told := self.built.fields.pop("client", None):
                self.built.client = ("number", told)
        elif email := self.texts.get("client_email"):
            self.built.client = ("email", email.strip().removeprefix("mailto:").lower())

    def _take(self, name: str, read: Callable[[str], Any], into: str | None = None) -> None:
        """Read what a column has, if it has anything, and note what is wrong with it."""
        text = self.texts.get(name)
        if text is None:
            return
        try:
            value = read(text)
        except Unclear as unclear:
            self.built.wrong[name] = str(unclear)
            return
        if value is not None:
            self.built.fields[into or name] = value

    def _names(self) -> None:
        for name in ("first_name", "last_name"):
            self._take(name, str)
        whole = self.texts.get("full_name")
        if not whole:
            return
        if "last_name" in self.texts or "first_name" in self.texts:
            self.built.left_out["full_name"] = "It was left out for the first and last name in other columns."
            return
        for name, text in zip(("first_name", "last_name"), _parted(whole), strict=True):
            if text:
                self.built.fields[name] = text

    def _day(self, text: str) -> str | None:
        found = day_of(text, self.reading.dates)
        return found.isoformat() if found else None

    def _past_day(self, text: str) -> str | None:
        found = day_of(text, self.reading.dates, self.reading.today)
        return found.isoformat() if found else None

    def _email(self) -> None:
        told = self.texts.get("email")
        if told is None or says_nothing(told):
            return
        several = [each for part in told.split(_SEVERAL) for each in part.replace(";", ",").split(",")]
        found = [_address(each.strip()) for each in several if each.strip()]
        self.built.fields["email"] = found[0] if found else None
        if len(found) > 1:
            self.built.left_out["email"] = "Only the first of several addresses was taken."

    def _phones(self) -> None:
        numbers = [(kind, self.texts.get(f"phone_{kind}")) for kind in ("mobile", "home", "work", "other")]
        numbers += [
            (self.texts.get(f"phone_{place}_label", _OTHER), self.texts.get(f"phone_{place}"))
            for place in range(1, PHONES + 1)
        ]
        found: dict[str, str] = {}
        for label, told in numbers:
            for text in _several_numbers(told or ""):
                try:
                    number, own = _labelled(phone_of(text))
                    found.setdefault(number, _label(own or label))
                except Unclear as unclear:
                    self.built.wrong["phones"] = str(unclear)
        if found:
            self.built.fields["phones"] = [
                {"id": str(uuid5(self.built.record_id, number)), "label": label, "number": number}
                for number, label in found.items()
            ]

    def _family(self) -> None:
        """Take those of a client's family who stand in the same row."""
        found: list[tuple[str, str | None, str | None]] = [(self.texts.get("spouse", ""), "Spouse", None)]
        found += [(each, "Child", None) for each in _CHILDREN.split(self.texts.get("children", ""))]
        for place in range(1, FAMILY + 1):
            name = f"family_{place}_birthday"
            self._take(name, self._past_day)
            birthday = self.built.fields.pop(name, None)
            relationship = self.texts.get(f"family_{place}_relationship")
            found.append((self.texts.get(f"family_{place}", ""), relationship, birthday))
        members: list[dict[str, Any]] = []
        for text, relationship, birthday in found:
            if not text.strip():
                continue
            first, last = _parted(text.strip())
            is_alone = not first or last == self.built.fields.get("last_name")
            members.append(
                {
                    "id": str(uuid5(self.built.record_id, f"family {len(members)}")),
                    "first_name": first or last,
                    "last_name": None if is_alone else last,
                    "relationship": relationship,
                    "birthday": birthday,
                }
            )
        if members:
            self.built.fields["family"] = members

    def _custom(self) -> None:
        """Take the company's own fields."""
        parts: dict[str, Any] = {}
        for name in [each for each in self.texts if each.startswith("custom.")]:
            self._take(name, self._day if "date" in name else str)
            if name in self.built.fields:
                parts[name.partition(".")[2]] = self.built.fields.pop(name)
        if parts:
            self.built.fields["custom"] = parts

    def _status(self, text: str) -> str:
        found = self.reading.lists.find("client_statuses", text)
        if found is None:
            raise Unclear("There is no such status on the list.")
        return found

    def _groups(self, text: str) -> list[str]:
        return self._listed(text, "client_groups", "There is no such group on the list.")

    def _users(self, text: str) -> list[str] | None:
        if says_nothing(text):
            return None
        return self._listed(text, "staff", "Nobody of this name or these initials works here.")

    def _listed(self, text: str, collection: str, otherwise: str) -> list[str]:
        words = [word.strip() for part in text.split(_SEVERAL) for word in part.replace(";", ",").split(",")]
        found = [self.reading.lists.find(collection, word) for word in words if word]
        known = [each for each in found if each]
        if len(known) < len(found):
            raise Unclear(otherwise)
        return list(dict.fromkeys(known))

    def _word(self, name: str, collection: str) -> None:
        """Take a word for an entry of a list, or else as free words."""
        text = self.texts.get(name)
        if text is None:
            return
        found = self.reading.lists.find(collection, text)
        self.built.fields[f"{name}_id" if found else f"{name}_other"] = found or text


def _address(told: str) -> str:
    """Return the email address in what programs write: `Ada Ferris <ada@ferris.example>`."""
    found = _BRACKETS.fullmatch(told)
    return (found[1] if found else told).removeprefix("mailto:")


def _parted(told: str) -> tuple[str, str]:
    """Return the first and the last name in a whole one: `Ferris, Ada` or `Ada Ferris`, also with `Jr.`."""
    whole = " ".join(told.split())
    found = _SUFFIX.search(whole)
    suffix = whole[found.start() :].lstrip(", ") if found and found.end() == len(whole) else ""
    plain = whole[: found.start()] if found and suffix else whole
    last, comma, first = plain.partition(",")
    if not comma:
        first, _, last = plain.rpartition(" ")
    return first.strip(), f"{last.strip()} {suffix}".strip()


def _several_numbers(told: str) -> Iterator[str]:
    """Yield the telephone numbers of a cell; what is too short for one belongs to the one before it."""
    found: list[str] = []
    for part in _NUMBERS.split(told):
        if found and part.strip() and sum(each.isdecimal() for each in part) < len("5550101"):
            found[-1] = f"{found[-1]}, {part.strip()}"
        else:
            found.append(part.strip())
    return (each for each in found if each and not says_nothing(each))


def _labelled(number: str) -> tuple[str, str | None]:
    """Return a number without what it is called, as in `518 555 0177 (home)`, and that."""
    found = _TOLD_LABEL.fullmatch(number)
    if found is None or (found[2] or found[3]).casefold() not in _LABELS:
        return number, None
    return (found[1] or found[4]).strip(), found[2] or found[3]


def _label(told: str) -> str:
    words = told.strip("* _$!<>").casefold()
    return _LABELS.get(words) or told.strip("* _$!<>").capitalize() or _OTHER
