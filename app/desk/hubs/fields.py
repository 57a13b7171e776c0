"""The registry of fields: what columns, filters, letters and tables may name, drawn from the collections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args

from pydantic.fields import FieldInfo

from app.studio.lists import ListEntry
from app.sync import registry
from app.sync.fields import BOOKKEEPING, Amount
from app.sync.links import element_of
from app.sync.registry import Collection
from app.sync.scope import Scope
from app.sync.sight import names_hidden
from app.sync.tables import Kind, kind_of

MOST_LINKS = 2
"""How many links a path may go through."""

_LONG = 1_000
_SOME_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_INSTANT = "2026-06-13T15:04:05Z"
_KEPT = {
    "id": (Kind.ID, "The record's id.", _SOME_ID),
    "created_at": (Kind.INSTANT, "When the server first took it in.", _INSTANT),
    "created_by": (Kind.ID, "The user who made it; none for the server.", _SOME_ID),
    "updated_at": (Kind.INSTANT, "When it was last changed.", _INSTANT),
    "updated_by": (Kind.ID, "The user who last changed it; none for the server.", _SOME_ID),
}
_IN_ORDER = {Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE, Kind.TIME, Kind.INSTANT, Kind.CHOICE}


@dataclass(frozen=True, slots=True)
class Step:
    """A link a path goes through: the field that names the next record, and the collection of that."""

    name: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class HubField:
    """A field of a record, or of one that it names.

    `path` is how it is asked for, such as `client.last_name` or `custom.text_1`; `origin` the collection that
    declares it; `name` its column there, and `member` its place inside of that, if it has one. `choices` are
    all values of one that has only some, `leads_to` is the collection its ids are of; of an amount it holds
    minor units of the company's currency.
    """

    path: str
    kind: Kind
    label: str
    description: str
    example: Any
    origin: str
    name: str
    is_nullable: bool
    member: str | None = None
    choices: tuple[str, ...] = ()
    leads_to: str | None = None
    is_long: bool = False
    is_amount: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def is_sortable(self) -> bool:
        """Say whether records may be put in its order: ids and lists have none, long texts none of use."""
        return self.kind in _IN_ORDER and not self.is_long

    @property
    def is_mergeable(self) -> bool:
        """Say whether letters may have it in their text."""
        return self.kind is Kind.TEXTS or (self.kind in _IN_ORDER and self.kind is not Kind.BOOLEAN)

    @property
    def is_groupable(self) -> bool:
        """Say whether records may be counted by it."""
        return self.kind is Kind.ID or (self.is_sortable and self.kind is not Kind.INSTANT)

    @property
    def label_key(self) -> tuple[str, str] | None:
        """Return under which collection and name the company keeps a label of its own for it."""
        return (self.origin, self.member) if self.name == "custom" and self.member else None


@dataclass(frozen=True, slots=True)
class View:
    """What a user may view of the collections, by which fields are there for them or are not."""

    rights: Scope
    _hidden: dict[int, set[str]] = field(default_factory=dict)

    def shows(self, found: HubField, hub: Collection) -> bool:
        """Say whether every record and field on the way to a field may be viewed."""
        here = hub.name
        for step in found.steps:
            if not self._has(here, step.name):
                return False
            here = step.leads_to
        return self._has(here, found.name)

    def find(self, hub: Collection, path: str) -> HubField | None:
        """Return the field of a path, if there is one and it may be viewed: the two are not told apart."""
        found = find(hub.name, path)
        return found if found and self.shows(found, hub) else None

    def _has(self, name: str, column: str) -> bool:
        collection = registry.numbered(registry.number_of(name))
        rule = self.rights.get(collection.number)
        if rule is None:
            return False
        if collection.number not in self._hidden:
            self._hidden[collection.number] = names_hidden(collection, rule)
        return column not in self._hidden[collection.number]


def find(hub: str, path: str) -> HubField | None:
    """Return the field of a path, if there is one."""
    here, steps, names = hub, list[Step](), path.split(".")
    while len(names) > 1 and len(steps) < MOST_LINKS and (step := _steps(here).get(names[0])):
        steps.append(step)
        here, names = step.leads_to, names[1:]
    own = _own(here).get(".".join(names))
    if own is None or (steps and own.name == "id"):
        return None
    return replace(own, path=path, label=_led(own, own.label, steps), steps=tuple(steps)) if steps else own


def fields_of(hub: str, links: int) -> Iterator[HubField]:
    """Yield the fields of a collection, then those behind as many links, each with the label of its way."""
    for steps, own in _reached(hub, links):
        way = ".".join(step.name.removesuffix("_id") for step in steps)
        path = f"{way}.{own.path}" if steps else own.path
        yield replace(own, path=path, label=_led(own, own.label, steps), steps=steps)


def label_of(found: HubField, labels: Mapping[tuple[str, str], str]) -> str:
    """Return what a column is headed by: the company's own label where it has one."""
    own = labels.get(found.label_key) if found.label_key else None
    return _led(found, own, found.steps) if own else found.label


def _reached(hub: str, links: int) -> Iterator[tuple[tuple[Step, ...], HubField]]:
    for own in _own(hub).values():
        yield (), own
    for step in _steps(hub).values() if links else ():
        for steps, own in _reached(step.leads_to, links - 1):
            if steps or own.path != "id":
                yield (step, *steps), own


def _led(found: HubField, label: str, steps: Sequence[Step]) -> str:
    """Return a label behind those of the links that lead to it; entries of lists go by their links alone."""
    way = [_words(step.name.removesuffix("_id")) for step in steps]
    model = registry.numbered(registry.number_of(found.origin)).model
    is_entry = found.name == "description" and issubclass(model, ListEntry)
    return ": ".join(way if way and is_entry else [*way, label])


@cache
def _steps(name: str) -> Mapping[str, Step]:
    collection = registry.numbered(registry.number_of(name))
    return {
        spec.name.removesuffix("_id"): Step(spec.name, spec.link)
        for spec in collection.links
        if spec.kind is Kind.ID and spec.link
    }


@cache
def _own(name: str) -> Mapping[str, HubField]:
    collection = registry.numbered(registry.number_of(name))
    found = {"id": _kept(name, "id")}
    for spec in collection.fields.values():
        element = element_of(spec.info.annotation) if spec.kind is Kind.OBJECT else None
        if element:
            for member, info in element.model_fields.items():
                inside = _field(name, info, spec.name, member)
                if inside.kind in {*_IN_ORDER, Kind.ID}:
                    found[inside.path] = inside
        else:
            found[spec.name] = replace(_field(name, spec.info, spec.name), leads_to=spec.link)
    return found | {each: _kept(name, each) for each in BOOKKEEPING}


def _kept(origin: str, name: str) -> HubField:
    kind, description, example = _KEPT[name]
    return HubField(
        path=name,
        kind=kind,
        label=_words(name),
        description=description,
        example=example,
        origin=origin,
        name=name,
        is_nullable=name.endswith("_by"),
    )


def _field(origin: str, info: FieldInfo, name: str, member: str | None = None) -> HubField:
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    kind, is_nullable = kind_of(annotation)
    return HubField(
        path=f"{name}.{member}" if member else name,
        kind=kind,
        label=f"{_words(name)}: {_words(member)}" if member else _words(name),
        description=info.description or "",
        example=(info.examples or [None])[0],
        origin=origin,
        name=name,
        member=member,
        is_nullable=is_nullable or member is not None,
        choices=_choices(annotation) if kind in (Kind.CHOICE, Kind.TEXTS) else (),
        is_long=kind is Kind.TEXT and _longest(annotation) > _LONG,
        is_amount=_is_amount(annotation),
    )


def _words(name: str) -> str:
    words = name.removeprefix("is_").removeprefix("has_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _choices(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(each.value for each in annotation)
    return next((found for each in get_args(annotation) if (found := _choices(each))), ())


def _is_amount(annotation: Any) -> bool:
    return isinstance(annotation, Amount) or any(_is_amount(each) for each in get_args(annotation))


def _longest(annotation: Any) -> int:
    own = getattr(annotation, "max_length", None)
    return max([own or 0, *(_longest(each) for each in get_args(annotation))])
