"""An entry of the inbox as a person decides about it: each field as it was, as it is and as it was typed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.console import fields, forms, labels, pages, words
from app.console.api import Api, Record, Refused
from app.console.fields import Field
from app.console.forms import Unfilled, Wrong
from app.http.forms import Fields

_OF_THE_RECORD = frozenset({"permission_denied", "record_merged", "still_referenced"})
"""Codes whose reasons are not about fields."""
_REFUSED = ("rejected", "blocked")
_BY_MEMBERS = {"add", "remove"}
_EMPTY: tuple[Any, ...] = (None, "", False)
CHOICE = "choose."
"""How the fields of a form begin that say what becomes of the others."""


class Way(StrEnum):
    """What can be done about an entry."""

    CHOOSE = "choose"
    """The record is there: what it has, or what was typed."""
    COMPLETE = "complete"
    """There is no record: one is made of what was typed, once that is right."""
    COMMAND = "command"
    DELETE = "delete"
    NOTHING = "nothing"
    """What it was about is not there, or no longer."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field in words, and how it is put right: `field` is none of one that cannot be filled in here.

    What `can_take` is not can only be left out. `is_changed` is what others have set since it was last shown.
    """

    name: str
    label: str
    then: str
    now: str
    typed: str
    is_typed: bool
    can_take: bool
    is_taken: bool
    is_changed: bool
    is_odd: bool
    reason: str | None
    field: Field | None
    value: Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """An entry with its record as it is now, and its fields as far as anything is known of them, in order."""

    entry: Record
    record: Record | None
    way: Way
    names: Sequence[str]
    fields: Mapping[str, Field]
    fixed: frozenset[str]
    """Those nobody sets: there are no such fields, or only the server sets them."""

    @property
    def revision(self) -> int:
        """Return which copy of the record is shown, 0 for none."""
        return self.record["revision"] if self.record else 0

    @property
    def name(self) -> str | None:
        """Return what the record is called, if it is there."""
        return fields.title(self.record) if self.record else None

    def is_typed(self, name: str) -> bool:
        """Say whether a field was typed; others are on the page because they are needed."""
        return name in self.entry["typed"]

    def field(self, name: str) -> Field | None:
        """Return how a field is filled in here, if it can be."""
        known = None if name in self.fixed else self.fields[name]
        return known if known and _can_be_filled_in(known, self.entry["typed"].get(name)) else None

    def takes(self, name: str, form: Fields | None) -> bool:
        """Say whether what was typed is to be taken: what was refused is, unless somebody says otherwise."""
        if name in self.fixed:
            return False
        if self.way is not Way.CHOOSE or not self.is_typed(name):
            return True
        if form is None:
            return self.entry["verdict"] in _REFUSED
        return form.get(CHOICE + name) == "take"


async def sheet_of(api: Api, entry: Record, also: Iterable[str] = ()) -> Sheet:
    """Return an entry with all a person needs to decide about it; `also` are fields found to be needed."""
    manifest = await api.get("/v1/sync/manifest")
    collection = _named(manifest["collections"], entry["collection"])
    record, is_gone = await _record(api, entry) if collection else (None, True)
    command = _command(manifest, entry)
    way = _way(entry, record, has_target=bool(command if entry["command"] else collection), is_gone=is_gone)
    told = {each["name"]: each for each in (command or collection or {"fields": []})["fields"]}
    settable = {name for name, each in told.items() if not each.get("read_only")}
    needed = {*reasons_of(entry["code"], entry["reasons"]), *also}
    if way is Way.COMPLETE:
        needed |= {name for name, each in told.items() if each["required"]}
    wanted = entry["typed"].keys() | (_first_of(needed) & settable)
    names = [*(name for name in told if name in wanted), *sorted(wanted - told.keys())]
    values = [entry["typed"], entry["kept"] or {}, record or {}]
    known = await fields.offering(api, [told[name] for name in names if name in told], values)
    return Sheet(entry, record, way, names, known, frozenset(names) - settable)


def parts_of(
    sheet: Sheet, time_zone: str, form: Fields | None = None, changed: Iterable[str] = ()
) -> list[Part]:
    """Return an entry field by field, with what a form has sent in the place of what was typed."""
    entry = sheet.entry
    kept, now, is_refused = entry["kept"] or {}, sheet.record or {}, entry["verdict"] in _REFUSED
    parts = []
    for name in sheet.names:
        known, field, typed = sheet.fields.get(name), sheet.field(name), entry["typed"].get(name)
        begun = typed if sheet.is_typed(name) else now.get(name)
        value = fields.fitting(field, begun) if field else None
        if field and form is not None:
            value = fields.typed([field], form)[name]
        parts.append(
            Part(
                name=name,
                label=known.label if known and known.kind != "tick" else labels.of_field(name),
                then=_shown(known, kept.get(name), time_zone),
                now=_shown(known, now.get(name), time_zone),
                typed=_shown(known, typed, time_zone),
                is_typed=sheet.is_typed(name),
                can_take=name not in sheet.fixed,
                is_taken=sheet.takes(name, form),
                is_changed=name in changed,
                is_odd=field is not None and sheet.is_typed(name) and fields.fitting(field, typed) != typed,
                reason=entry["reasons"].get(name) if is_refused and not field else None,
                field=field,
                value=value,
            )
        )
    return parts


def decision(sheet: Sheet, form: Fields) -> Record:
    """Return what the command `resolve` is to do by a form, or raise `Unfilled`."""
    typed, now = sheet.entry["typed"], sheet.record or {}
    taken = [name for name in sheet.names if sheet.takes(name, form)]
    asked = [field for name in taken if (field := sheet.field(name))]
    right = {
        name: value
        for name, value in fields.read(asked, form).items()
        if _differs(value, typed[name] if sheet.is_typed(name) else now.get(name))
    }
    if sheet.way is Way.CHOOSE and not right and not any(map(sheet.is_typed, taken)):
        return {"resolution": "keep_theirs"}
    keep = [name for name in typed if name not in taken]
    return {"resolution": "take_mine", "fields": right, "keep": keep}


def marks_of(sheet: Sheet) -> Wrong | None:
    """Return what was wrong with a refused entry, at its fields."""
    entry = sheet.entry
    if entry["verdict"] not in _REFUSED:
        return None
    return Wrong("", _placed(sheet, reasons_of(entry["code"], entry["reasons"])), 200)


def why(entry: Record) -> list[str]:
    """Return why an entry is there, in sentences: those of its fields are told there."""
    told = [entry["message"]]
    if entry["code"] == "permission_denied":
        feature, level = (entry["reasons"].get(name, "") for name in ("feature", "level"))
        shown = words.LEVELS.get(level, words.of_key(level)).lower()
        told = [f"Who typed this did not have the right to it. It needs “{words.of_key(feature)}: {shown}”."]
    if entry["code"] == "still_referenced":
        told.append(f"They are: {', '.join(words.of_key(each).lower() for each in entry['reasons'])}.")
    return [*told, *filter(None, [entry["reasons"].get("")])]


def wrong_of(sheet: Sheet, error: Unfilled | Refused) -> Wrong:
    """Return why a decision was not carried out: at the fields as far as it is about them, else above."""
    wrong = forms.wrong(error)
    if isinstance(error, Unfilled) or error.code in (*_OF_THE_RECORD, "record_changed"):
        return Wrong(wrong.sentence, wrong.fields, wrong.status)
    reasons = dict(error.problem.get("reasons", {}))
    placed = _placed(sheet, reasons)
    elsewhere = [
        f"{labels.of_field(name)}: {each}" if name else each
        for path, each in reasons.items()
        if (name := path.partition(".")[0]) not in sheet.names or not sheet.field(name)
    ]
    sentence = words.LOOK_AGAIN if placed else wrong.sentence
    return Wrong(" ".join([sentence, *elsewhere]), placed, wrong.status)


def reasons_of(code: str, reasons: Mapping[str, str]) -> Mapping[str, str]:
    """Return the reasons of a refusal that are about fields."""
    return {} if code in _OF_THE_RECORD else reasons


def _placed(sheet: Sheet, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return reasons at the inputs they are about, or at the field where there is no such input."""
    placed: dict[str, str] = {}
    for path, sentence in reasons.items():
        name, _, below = path.partition(".")
        field = sheet.field(name) if name in sheet.names else None
        if field:
            members = {each.name for each in field.members}
            at = path if below.rpartition(".")[2] in members else name
            placed[at] = " ".join(filter(None, [placed.get(at), sentence]))
    return placed


def _named(several: Sequence[Record], name: str) -> Record | None:
    return next((each for each in several if each["name"] == name), None)


def _command(manifest: Record, entry: Record) -> Record | None:
    of = [each for each in manifest["commands"] if entry["collection"] in each["collections"]]
    return _named(of, entry["command"]) if entry["command"] else None


async def _record(api: Api, entry: Record) -> tuple[Record | None, bool]:
    """Return the record as it is now, or the one it was merged with; and whether it was there and is gone."""
    record_id = entry["record_id"]
    while True:
        try:
            return await api.get(f"/v1/{entry['collection']}/{record_id}"), False
        except Refused as error:
            survivor = error.problem.get("merged_into")
            if survivor is None or entry["operation"] == "delete":
                return None, error.code != "unknown_record"
            record_id = survivor


def _way(entry: Record, record: Record | None, *, has_target: bool, is_gone: bool) -> Way:
    operation = entry["operation"]
    if not has_target:
        return Way.NOTHING
    if operation == "create" and record is None and not is_gone:
        return Way.COMPLETE
    if record is None:
        return Way.NOTHING
    return {"delete": Way.DELETE, "command": Way.COMMAND}.get(operation, Way.CHOOSE)


def _first_of(paths: Iterable[str]) -> set[str]:
    return {path.partition(".")[0] for path in paths}


def _can_be_filled_in(field: Field, value: Any) -> bool:
    """Say whether a form can show what was typed: not what is added to a list, nor an object of any form."""
    if field.kind in ("rows", "several") and isinstance(value, dict) and value.keys() <= _BY_MEMBERS:
        return False
    return bool(field.members) or field.kind not in ("rows", "group")


def _differs(value: Any, begun: Any) -> bool:
    """Say whether somebody has put something else into a field: a form has all members, sent or not."""
    return bool(_pruned(value) != _pruned(begun))


def _pruned(value: Any) -> Any:
    """Return a value without what is empty in it, or not ticked."""
    if isinstance(value, dict):
        return {key: kept for key, each in value.items() if (kept := _pruned(each)) not in _EMPTY} or None
    if isinstance(value, list):
        return [_pruned(each) for each in value] or None
    return None if value in _EMPTY else value


def _shown(field: Field | None, value: Any, time_zone: str) -> str:
    """Return a value in words; what was typed may be anything."""
    try:
        if field and field.kind == "instant" and value:
            return pages.instant(value, time_zone)
        return field.shown(value) if field else words.of_value(value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return words.of_value(value)
