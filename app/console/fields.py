"""Fields of records in a form: how each is shown and read back, as the manifest tells of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from app.console import labels, words
from app.console.api import Api, Record, Refused
from app.console.forms import Unfilled, time_of_day
from app.http.forms import Fields

Option = tuple[str, str]
_LINE = 500
_SHORT = 200
TITLES = ("display_name", "name", "description", "subject")
_NAMES = ("first_name", "last_name")
_INPUTS = {"integer": "number", "boolean": "tick", "date": "day", "time": "time", "objects": "rows"}
_INPUTS["instant"] = "instant"
_INPUTS |= {"object": "group", "id": "choice", "choice": "choice", "ids": "several", "texts": "several"}
_TYPES = {"number": "number", "day": "date", "time": "time", "email": "email"}
_EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a form has it; `kind` says how it is filled in, `members` what each of several has."""

    name: str
    kind: str
    label: str
    hint: str = ""
    is_required: bool = False
    is_nullable: bool = True
    options: Sequence[Option] = ()
    max_length: int | None = None
    minimum: Any = None
    maximum: Any = None
    members: Sequence["Field"] = ()

    @property
    def type(self) -> str:
        """Return the type of its input."""
        return "email" if self.name.endswith("email") else _TYPES.get(self.kind, "text")

    def shown(self, value: Any) -> str:
        """Return a value in words."""
        return "none" if value in _EMPTY else _SHOWN.get(self.kind, _plain)(self, value)


def title(record: Record) -> str:
    """Return what a record is called."""
    person = " ".join(record[name] for name in _NAMES if record.get(name))
    found = (str(record[name]) for name in TITLES if record.get(name))
    return next(found, person or record.get("company_name") or "without a name")


async def options(api: Api, collection: str) -> list[Option]:
    """Return the records that can be chosen from a collection, by their names."""
    return _named(await api.all(f"/v1/{collection}", "records"))


def _named(found: Iterable[Record]) -> list[Option]:
    named = [(each["id"], title(each) + (" (inactive)" if each.get("is_inactive") else "")) for each in found]
    return sorted(named, key=lambda each: each[1].casefold())


async def telling(api: Api, told: Sequence[Record], values: Sequence[Record]) -> dict[str, Field]:
    """Return the fields in which some values are told of, with the names of the records they link to."""
    lists: dict[str, list[Option]] = {}
    for each in told:
        if each["link"]:
            found = [values_of.get(each["name"]) for values_of in values]
            ids = {one for several in found for one in _each(several) if isinstance(one, str)}
            lists[each["link"]] = lists.get(each["link"], []) + await _names(api, each["link"], ids)
    return {each["name"]: _field(each, lists) for each in told}


async def offering(api: Api, told: Sequence[Record], values: Sequence[Record]) -> dict[str, Field]:
    """Return fields in which some values can be told of and put right.

    Of a collection as short as a list all records are offered, of a longer one those the values name.
    """
    lists: dict[str, list[Option]] = {}
    for each in told:
        if each["link"]:
            ids = {
                one
                for values_of in values
                for one in _each(values_of.get(each["name"]))
                if isinstance(one, str)
            }
            known = lists.get(each["link"]) or await _short_list(api, each["link"])
            lists[each["link"]] = known + await _names(api, each["link"], ids - dict(known).keys())
    found = {each["name"]: _field(each, lists) for each in told}
    return {name: _with_words(each, values) for name, each in found.items()}


async def _short_list(api: Api, collection: str) -> list[Option]:
    try:
        page = await api.get(f"/v1/{collection}", limit=_SHORT)
    except Refused:
        return []
    return _named(page["records"]) if page["next_page"] is None else []


def _with_words(field: Field, values: Sequence[Record]) -> Field:
    """Return a field of which several words are ticked with those it has: there is no list of them."""
    if field.kind != "several" or field.options:
        return field
    words_of = (
        one for values_of in values for one in _each(values_of.get(field.name)) if isinstance(one, str)
    )
    return replace(field, options=[(each, each) for each in dict.fromkeys(words_of)])


def fitting(field: Field, value: Any) -> Any:
    """Return a value as a form can show it: what was typed may be anything, and is left empty then."""
    if field.kind == "rows":
        rows = value if isinstance(value, list) else []
        return [_fitting_members(field, row) for row in rows if isinstance(row, dict)]
    if field.kind == "group":
        return _fitting_members(field, value) if isinstance(value, dict) else None
    if field.kind == "several":
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return None if isinstance(value, dict | list) else value


def _fitting_members(field: Field, value: Record) -> Record:
    return {each.name: fitting(each, value.get(each.name)) for each in field.members}


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


async def _names(api: Api, collection: str, ids: Iterable[str]) -> list[Option]:
    found = []
    for each in sorted(filter(_is_id, ids)):
        try:
            found.append((each, title(await api.get(f"/v1/{collection}/{each}"))))
        except Refused:
            found.append((each, "one that is not there"))
    return found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def fields(api: Api, told: Sequence[Record], without: Sequence[str] = ()) -> list[Field]:
    """Return the fields the manifest tells of that people fill in, in its order."""
    wanted = [each for each in told if not each.get("read_only") and each["name"] not in without]
    linked = {each["link"] for each in wanted if each["link"]}
    lists = {collection: await options(api, collection) for collection in sorted(linked)}
    return [_field(each, lists) for each in wanted]


def read(wanted: Sequence[Field], form: Fields, at: str = "") -> Record:
    """Return the values a form has sent, or raise `Unfilled`."""
    values: Record = {}
    mistakes: dict[str, str] = {}
    for each in wanted:
        try:
            values[each.name] = _value(each, form, at + each.name)
        except Unfilled as error:
            mistakes |= error.fields
        except ValueError:
            mistakes[at + each.name] = words.of_field("int_parsing")
    if mistakes:
        raise Unfilled(mistakes)
    return values


def typed(wanted: Sequence[Field], form: Fields, at: str = "") -> Record:
    """Return what a form has sent, to be shown again as it was typed, whatever is wrong in it."""
    return {each.name: _typed(each, form, at + each.name) for each in wanted}


def _typed(field: Field, form: Fields, at: str) -> Any:
    if field.kind == "group":
        return typed(field.members, form, f"{at}.")
    if field.kind == "rows":
        return [typed(field.members, form, before) for before in _written_rows(field, form, at)]
    try:
        return _read(field, form, at)
    except ValueError:
        return form.get(at)


def told(wanted: Sequence[Field], saved: Record) -> dict[str, str]:
    """Return what was saved of some fields, in words."""
    return {each.label: each.shown(saved[each.name]) for each in wanted if each.name in saved}


def _plain(_: Field, value: Any) -> str:
    return str(value)


def _yes_or_no(_: Field, value: Any) -> str:
    return "yes" if value else "no"


def _chosen(field: Field, value: Any) -> str:
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(dict(field.options).get(each, "another") for each in chosen)


def _together(field: Field, value: Any) -> str:
    """Return what is written in a group, or in each of several."""
    several = value if isinstance(value, list) else [value]
    members = [each for each in field.members if each.kind != "key"]
    texts = ([each.shown(one[each.name]) for each in members if one[each.name]] for one in several)
    return "; ".join(", ".join(each) for each in texts)


_SHOWN: Mapping[str, Callable[[Field, Any], str]] = {
    "tick": _yes_or_no,
    "choice": _chosen,
    "several": _chosen,
    "group": _together,
    "rows": _together,
}


def _field(told: Record, lists: Mapping[str, list[Option]]) -> Field:
    kind, name = _kind(told), told["name"]
    label, hint = labels.of_field(name), told["description"]
    if kind == "tick":
        label, hint = hint.removesuffix("."), ""
    return Field(
        name=name,
        kind=kind,
        label=label,
        hint=labels.hint(name, hint),
        is_required=told["required"],
        is_nullable=told["nullable"],
        options=_options(told, lists),
        max_length=told["max_length"],
        minimum=told["minimum"],
        maximum=told["maximum"],
        members=[_field(each, lists) for each in told.get("members") or []],
    )


def _kind(told: Record) -> str:
    kind = _INPUTS.get(told["type"])
    if told["name"] == "id":
        return "key"
    if told["name"] == "time_zone" or told["name"] in labels.CHOSEN:
        return "choice"
    if kind is None:
        is_long = (told["max_length"] or 0) > _LINE
        return "colour" if told["name"] == "colour" else "long" if is_long else "text"
    return kind


def _options(told: Record, lists: Mapping[str, list[Option]]) -> list[Option]:
    if told["name"] == "time_zone":
        return [(each, each.replace("_", " ")) for each in sorted(available_timezones()) if "/" in each]
    if told["name"] in labels.CHOSEN:
        return list(labels.CHOSEN[told["name"]].items())
    if told["link"]:
        return lists.get(told["link"], [])
    return [(each, labels.of_choice(told["name"], each)) for each in told["choices"] or []]


def _value(field: Field, form: Fields, at: str) -> Any:
    value = _read(field, form, at)
    if value in _EMPTY and (field.is_required or not field.is_nullable) and field.kind in _NEEDED:
        raise Unfilled({at: words.of_field("missing")})
    return value


def _read(field: Field, form: Fields, at: str) -> Any:
    return _READERS.get(field.kind, _text)(field, form, at)


def _text(_: Field, form: Fields, at: str) -> str | None:
    return form.get(at, "").strip() or None


def _long(_: Field, form: Fields, at: str) -> str | None:
    return form.get(at) or None


def _number(_: Field, form: Fields, at: str) -> int | None:
    sent = form.get(at, "").strip()
    return int(sent) if sent else None


def _tick(_: Field, form: Fields, at: str) -> bool:
    return at in form


def _time(_: Field, form: Fields, at: str) -> str | None:
    return time_of_day(form.get(at, "")) or None


def _colour(_: Field, form: Fields, at: str) -> str | None:
    return form.get(at, "").upper() or None if f"{at}.on" in form else None


def _several(_: Field, form: Fields, at: str) -> list[str]:
    return form.all(at)


def _key(_: Field, form: Fields, at: str) -> str:
    return form.get(at) or str(uuid4())


def _group(field: Field, form: Fields, at: str) -> Record | None:
    return read(field.members, form, f"{at}.") if _is_written(field, form, f"{at}.") else None


def _rows(field: Field, form: Fields, at: str) -> list[Record]:
    return [read(field.members, form, before) for before in _written_rows(field, form, at)]


def _written_rows(field: Field, form: Fields, at: str) -> list[str]:
    """Return where the rows are in which something is written; those left empty, or emptied, are none."""
    found: list[str] = []
    place = 0
    while f"{at}.{place}.id" in form:
        if _is_written(field, form, f"{at}.{place}."):
            found.append(f"{at}.{place}.")
        place += 1
    return found


def _is_written(field: Field, form: Fields, at: str) -> bool:
    """Say whether anything is written in a group; what is only ticked says nothing."""
    texts = (each for each in field.members if each.kind in _NEEDED)
    return any(form.get(at + each.name, "").strip() for each in texts)


_NEEDED = {"text", "long", "number", "choice", "day", "time"}
_READERS: Mapping[str, Callable[[Field, Fields, str], Any]] = {
    "long": _long,
    "number": _number,
    "tick": _tick,
    "time": _time,
    "colour": _colour,
    "several": _several,
    "key": _key,
    "group": _group,
    "rows": _rows,
}
