"""From a row and what its columns are to the fields of a record, each that is wrong by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from app.desk.imports.targets import PHONES, Kind
from app.desk.imports.values import DateOrder, Unclear, day_of, phone_of, time_of, whole_of, yes_or_no

_SEVERAL = " ::: "
"""How Google writes several values in one cell."""
_LABELS = {
    "mobile": "Mobile",
    "cell": "Mobile",
    "iphone": "Mobile",
    "home": "Home",
    "work": "Work",
    "main": "Work",
    "business": "Work",
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
    """How the rows of a file are read: what its columns are, and how its dates are written."""

    kind: Kind
    account_id: UUID
    import_id: UUID
    fields: Sequence[str | None]
    dates: DateOrder | None
    lists: Lists

    def build(self, row: int, cells: Sequence[str]) -> Built:
        """Return what a row would be."""
        texts: dict[str, str] = {}
        for name, text in zip(self.fields, cells, strict=True):
            if name and text:
                texts[name] = f"{texts[name]}\n{text}" if name in texts else text
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
        for name in ("salutation", "job_title", "company_name", "student_id", "call_warning", "notes"):
            self._take(name, str)
        self._take("client_type", str.lower)
        self._take("client_number", whole_of)
        self._take("graduation_year", whole_of)
        for name in ("birthday", "anniversary"):
            self._take(name, self._day)
        self._email()
        self._phones()
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
        if not whole or "last_name" in self.texts or "first_name" in self.texts:
            return
        last, comma, first = whole.partition(",")
        if not comma:
            first, _, last = whole.rpartition(" ")
        for name, text in (("first_name", first.strip()), ("last_name", last.strip())):
            if text:
                self.built.fields[name] = text

    def _day(self, text: str) -> str | None:
        found = day_of(text, self.reading.dates)
        return found.isoformat() if found else None

    def _email(self) -> None:
        told = self.texts.get("email")
        if told is None:
            return
        several = [each for part in told.split(_SEVERAL) for each in part.replace(";", ",").split(",")]
        found = [each.strip().removeprefix("mailto:") for each in several if each.strip()]
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
            for text in told.split(_SEVERAL) if told else ():
                try:
                    found.setdefault(phone_of(text), _label(label))
                except Unclear as unclear:
                    self.built.wrong["phones"] = str(unclear)
        if found:
            self.built.fields["phones"] = [
                {"id": str(uuid5(self.built.record_id, number)), "label": label, "number": number}
                for number, label in found.items()
            ]

    def _status(self, text: str) -> str:
        found = self.reading.lists.find("client_statuses", text)
        if found is None:
            raise Unclear("There is no such status on the list.")
        return found

    def _groups(self, text: str) -> list[str]:
        words = [word.strip() for part in text.split(_SEVERAL) for word in part.replace(";", ",").split(",")]
        found = [self.reading.lists.find("client_groups", word) for word in words if word]
        known = [each for each in found if each]
        if len(known) < len(found):
            raise Unclear("There is no such group on the list.")
        return list(dict.fromkeys(known))

    def _word(self, name: str, collection: str) -> None:
        """Take a word for an entry of a list, or else as free words."""
        text = self.texts.get(name)
        if text is None:
            return
        found = self.reading.lists.find(collection, text)
        self.built.fields[f"{name}_id" if found else f"{name}_other"] = found or text


def _label(told: str) -> str:
    words = told.strip("* _$!<>").casefold()
    return _LABELS.get(words) or told.strip("* _$!<>").capitalize() or _OTHER
