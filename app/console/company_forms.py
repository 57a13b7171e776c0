"""The parts of company settings that are tables: opening hours, own fields, and what must be filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from app.console import labels, words
from app.console.api import Record
from app.console.forms import Unfilled, time_of_day
from app.http.forms import Fields

_MIDNIGHT = "00:00:00"
_MINUTES = len("09:00")
_CUSTOM = "custom"
_NEVER_EMPTY = {"boolean"}
_LEVEL = "level"
LEVELS = [(each, labels.of_choice(_LEVEL, each)) for each in ("prompt", "required")]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week: when it opens and closes, and nothing of a day that is closed."""

    weekday: str
    entry: Record | None

    @property
    def is_open(self) -> bool:
        """Say whether there are hours."""
        return self.entry is not None and self.entry["opens"] != self.entry["closes"]


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field the company may use for what it likes, once it has given it a name."""

    collection: str
    name: str
    label: str

    @property
    def key(self) -> str:
        """Return what its input is called."""
        return f"label.{self.collection}.{self.name}"


def week(company: Record, weekdays: Sequence[str]) -> list[Day]:
    """Return the hours of a company, and days without any where it has said nothing of a day."""
    told = company["opening_hours"]
    missing = [each for each in weekdays if each not in {entry["weekday"] for entry in told}]
    days = [Day(each["weekday"], each) for each in told] + [Day(each, None) for each in missing]
    order = {day: place for place, day in enumerate(weekdays)}
    return sorted(days, key=lambda each: order.get(each.weekday, len(order)))


def read_week(form: Fields, company: Record) -> list[Record]:
    """Return the hours a form has sent, in the order they are kept in, and new days behind them."""
    kept = {each["id"]: each for each in company["opening_hours"]}
    read: dict[str, Record] = {}
    for at, entry in _sent_days(form, kept):
        if hours := _hours(form, at, entry):
            read[entry["id"] if entry else str(uuid4())] = {"weekday": form[f"{at}.weekday"], **hours}
    return [{"id": key, **each} for key, each in {**kept, **read}.items()]


def typed_week(form: Fields, company: Record) -> list[Record]:
    """Return the hours a form has sent as they were typed, to be shown again."""
    kept = {each["id"]: each for each in company["opening_hours"]}
    return [
        {
            "id": entry["id"] if entry else "",
            "weekday": form[f"{at}.weekday"],
            "opens": form.get(f"{at}.opens", ""),
            "closes": form.get(f"{at}.closes", ""),
        }
        for at, entry in _sent_days(form, kept)
    ]


def _sent_days(form: Fields, kept: Mapping[str, Record]) -> Iterator[tuple[str, Record | None]]:
    """Yield where the days of a form are, each with what is kept of it."""
    for at in _numbered(form, "hours", "weekday"):
        yield at, kept.get(form.get(f"{at}.id", ""))


def _hours(form: Fields, at: str, entry: Record | None) -> Record | None:
    """Return when a day opens and closes; the two are one of a day that is closed."""
    opens, closes = (time_of_day(form.get(f"{at}.{name}", "")) for name in ("opens", "closes"))
    if bool(opens) is not bool(closes):
        raise Unfilled({f"{at}.closes": "Please fill in both, or neither for a day that is closed."})
    if opens:
        return {"opens": opens, "closes": closes}
    if entry is None:
        return None
    is_closed = entry["opens"] == entry["closes"]
    return dict.fromkeys(("opens", "closes"), entry["opens"] if is_closed else _MIDNIGHT)


def own_fields(collections: Sequence[Record]) -> dict[str, list[OwnField]]:
    """Return the fields of each kind of record that the company may name."""
    return {
        each["name"]: [
            OwnField(each["name"], member["name"], member["description"].removesuffix("."))
            for member in field["members"] or []
        ]
        for each in collections
        for field in each["fields"]
        if field["name"] == _CUSTOM
    }


def names_of(company: Record) -> dict[tuple[str, str], Record]:
    """Return the names a company has given, by what has them."""
    return {(each["collection"], each["custom_field"]): each for each in company["custom_labels"]}


def read_names(form: Fields, company: Record, own: dict[str, list[OwnField]]) -> list[Record]:
    """Return the names a form has sent; a field whose name is empty is not in use."""
    given = names_of(company)
    sent = {
        (each.collection, each.name): form[each.key].strip()
        for several in own.values()
        for each in several
        if each.key in form
    }
    kept = [{**each, "label": sent.get(key, each["label"])} for key, each in given.items()]
    new = [
        {"id": str(uuid4()), "collection": key[0], "custom_field": key[1], "label": label}
        for key, label in sent.items()
        if key not in given
    ]
    return [each for each in [*kept, *new] if each["label"]]


def asked_fields(collections: Sequence[Record], company: Record) -> dict[str, list[tuple[str, str]]]:
    """Return the fields people can be asked to fill in, by kind of record: each by its value in a form."""
    names = names_of(company)
    return {
        each["name"]: [
            *(
                (f"{each['name']}.{field['name']}", labels.of_field(field["name"]))
                for field in each["fields"]
                if not field["read_only"] and field["type"] not in _NEVER_EMPTY and field["name"] != _CUSTOM
            ),
            *(
                (f"{each['name']}.{_CUSTOM}.{field}", name["label"])
                for (collection, field), name in names.items()
                if collection == each["name"]
            ),
        ]
        for each in collections
        if each["writable"]
    }


def read_rules(form: Fields) -> list[Record]:
    """Return the rules a form has sent; one of no field is none."""
    return [
        {
            "id": form.get(f"{at}.id") or str(uuid4()),
            "collection": collection,
            "record_field": name,
            _LEVEL: form.get(f"{at}.{_LEVEL}", LEVELS[0][0]),
        }
        for at in _numbered(form, "rules", "field")
        for collection, _, name in [form[f"{at}.field"].partition(".")]
        if name
    ]


def _numbered(form: Fields, name: str, member: str) -> Iterator[str]:
    """Yield what the inputs of each row of a table begin with."""
    place = 0
    while f"{name}.{place}.{member}" in form:
        yield f"{name}.{place}"
        place += 1


def shown(company: Record, name: str) -> Any:
    """Return a table in words, for whoever saved second."""
    if name == "opening_hours":
        return "; ".join(
            f"{words.of_key(each['weekday'])} {each['opens'][:_MINUTES]} to {each['closes'][:_MINUTES]}"
            for each in company[name]
            if each["opens"] != each["closes"]
        )
    if name == "custom_labels":
        return ", ".join(each["label"] for each in company[name]) or "none"
    rules = (
        f"{words.of_key(each['collection'])}: {labels.of_field(each['record_field'])}"
        for each in company[name]
    )
    return "; ".join(rules) or "none"
