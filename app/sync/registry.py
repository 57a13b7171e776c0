"""The registry of collections: each is declared by one decorated class and never programmed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from sqlalchemy import Table

from app.accounts import features
from app.accounts.features import Feature
from app.audit.telling import Guard, guard
from app.core.principal import Level
from app.sync.anchors import SLOTS, Stamp
from app.sync.circumstances import RuleOf
from app.sync.fields import BOOKKEEPING, LATE_PARTS, Link, OnDelete, Part
from app.sync.links import linked_inside
from app.sync.tables import Kind, build_table, kind_of


class Record(BaseModel):
    """What every synced record is made of; fields come from the declaration, bookkeeping from the store."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a collection, as push, pull, schemas and documents see it."""

    name: str
    kind: Kind
    info: FieldInfo
    is_nullable: bool
    is_read_only: bool
    link: str | None
    is_parent: bool
    on_delete: OnDelete
    is_unique: bool
    part: Part | None
    since: int

    @property
    def example(self) -> Any:
        """Return the documented example, which is also the tests' sample."""
        return (self.info.examples or [None])[0]


@dataclass(frozen=True, slots=True)
class LatePart:
    """Fields that one schema version added to a collection, in one of its parts or in none."""

    since: int
    part: Part | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Collection:
    """A declared collection.

    `number` is its place among all: parents have smaller ones, and it is never used for another. `stamp` says
    how its records are stamped, `rule` which of them a device should hold under given circumstances, none for
    all. Phones may push only to a writable one, and know it if their schema version is not below `since`. The
    others are maintained at a desk, unless they are `is_kept_by_server`: the server makes and removes the
    records of these, and a desk sets fields of them where they are `is_set_at_desk`. `feature` is what rights
    to it are given by, none where everybody has them all, and `part_features` those of parts that have their
    own. The audit trail tells what becomes of the records where it `is_audited`. What `is_for_people` is seen
    by people alone, and by no API key.
    """

    name: str
    number: int
    model: type[Record]
    fields: Mapping[str, FieldSpec]
    table: Table
    stamp: Stamp
    rule: RuleOf | None
    is_writable: bool
    is_kept_by_server: bool
    since: int
    feature: str | None
    is_set_at_desk: bool = False
    is_audited: bool = True
    part_features: Mapping[Part, str] = field(default_factory=dict)
    is_for_people: bool = False

    @property
    def is_made_at_desk(self) -> bool:
        """Say whether people at a desk make and remove its records."""
        return self.is_writable or not self.is_kept_by_server

    @property
    def is_changed_at_desk(self) -> bool:
        """Say whether people at a desk set fields of its records."""
        return self.is_made_at_desk or self.is_set_at_desk

    @cached_property
    def mirrored(self) -> frozenset[str]:
        """Return the fields that mirror what is audited where it is done: what no desk sets of settings."""
        names = (spec.name for spec in self.fields.values() if spec.is_read_only)
        return frozenset(names if self.is_set_at_desk else ())

    @cached_property
    def core_names(self) -> tuple[str, ...]:
        """Return the names of the fields that are always sent."""
        return self._names(self.since, None)

    @cached_property
    def kept_names(self) -> tuple[str, ...]:
        """Return the names of what is always sent beside id and revision."""
        return (*self.core_names, *BOOKKEEPING)

    @cached_property
    def part_names(self) -> Mapping[Part, tuple[str, ...]]:
        """Return the names of the fields in each part that has any, but for those introduced later."""
        return {part: names for part in Part if (names := self._names(self.since, part))}

    @cached_property
    def late_parts(self) -> tuple[LatePart, ...]:
        """Return what later schema versions added, in the order of its places behind the other parts.

        A newer version comes behind the older ones, so that no place ever becomes another's.
        """
        found = {(spec.since, spec.part or 0): spec.part for spec in self.late_fields}
        return tuple(
            LatePart(since, part, self._names(since, part)) for (since, _), part in sorted(found.items())
        )

    @property
    def late_fields(self) -> list[FieldSpec]:
        """Return the fields introduced after the collection."""
        return [spec for spec in self.fields.values() if spec.since > self.since]

    @cached_property
    def late_defaults(self) -> Mapping[str, Any]:
        """Return, in JSON form, what records have in fields introduced after they were written."""
        names = {spec.name for spec in self.late_fields}
        return self.model.model_construct().model_dump(mode="json", include=names)

    @cached_property
    def guarded(self) -> Mapping[str, str]:
        """Return the features of fields whose part has its own, by name."""
        return {
            name: feature
            for part, feature in self.part_features.items()
            for name, spec in self.fields.items()
            if spec.part is part
        }

    @cached_property
    def newest(self) -> int:
        """Return the schema version that last added to it."""
        return max((spec.since for spec in self.fields.values()), default=self.since)

    def _names(self, since: int, part: Part | None) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.fields.values() if spec.part is part and spec.since == since)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """Return what a new record has in the fields that only the server sets."""
        return {
            name: spec.info.get_default(call_default_factory=True)
            for name, spec in self.fields.items()
            if spec.is_read_only
        }

    @property
    def day(self) -> str | None:
        """Return the name of the field whose date is a record's day."""
        return self.stamp.day

    @cached_property
    def parents(self) -> list[FieldSpec]:
        """Return the links to records without which no device ever holds one of these."""
        return [spec for spec in self.fields.values() if spec.is_parent]

    @property
    def links(self) -> Iterator[FieldSpec]:
        """Yield the fields that name other records."""
        return (spec for spec in self.fields.values() if spec.link)

    @property
    def description(self) -> str:
        """Return the sentence the declaration opens with."""
        return (self.model.__doc__ or "").strip().partition("\n")[0]


LISTS = features.declare(
    Feature(
        "lists",
        "Lists",
        "Types, statuses and the other lists, studios, locations and organizations: maintained at a desk.",
        Level.VIEW_ONLY,
        Level.VIEW_ONLY,
        is_guarded=True,
    )
)
NO_STAMP = Stamp()
R = TypeVar("R", bound=Record)
_by_name: dict[str, Collection] = {}
_by_number: dict[int, Collection] = {}
_retired: dict[str, int] = {}


def collection(
    name: str,
    *,
    number: int,
    stamp: Stamp = NO_STAMP,
    rule: RuleOf | None = None,
    is_writable: bool = True,
    is_kept_by_server: bool = False,
    since: int = 1,
    found_by: tuple[str, ...] = (),
    is_open: bool = False,
    set_by: Feature | None = None,
    seen_by: Feature | None = None,
    made_by: Feature | None = None,
    is_audited: bool = True,
    part_features: Mapping[Part, Feature] | None = None,
    is_for_people: bool = False,
) -> Callable[[type[R]], type[R]]:
    """Declare a collection: its table, its place in every sync and its documents follow from the class.

    `found_by` names the fields, beside its links, by which rules of the field look for its records. Rights to
    it are given by a feature of its name, or by that of all lists when people maintain it at a desk; whoever
    may sign in has them all when it `is_open`. Records that are kept by the server are `set_by` who has a
    feature, at a desk, or only `seen_by` who has one; what phones do not write is `made_by` who has one, at a
    desk, where it is no list. What only tells of something that is audited where it
    is done is not `is_audited`. Some of its parts may have features of their own. What `is_for_people` no API
    key ever sees.
    """

    def declare(model: type[R]) -> type[R]:
        _check_free(name, number)
        fields = {key: _spec(key, info, name, since) for key, info in model.model_fields.items()}
        _register(
            Collection(
                name=name,
                number=number,
                model=model,
                fields=fields,
                table=build_table(name, model.model_fields, since, found_by),
                stamp=stamp,
                rule=rule,
                is_writable=is_writable,
                is_kept_by_server=is_kept_by_server,
                since=since,
                feature=None
                if is_open
                else features.declare(declared)
                if (declared := set_by or seen_by or made_by)
                else _feature(name, model, is_list=not (is_writable or is_kept_by_server)),
                is_set_at_desk=set_by is not None,
                is_audited=is_audited,
                part_features={
                    part: features.declare(feature) for part, feature in (part_features or {}).items()
                },
                is_for_people=is_for_people,
            )
        )
        return model

    return declare


def _feature(name: str, model: type[R], *, is_list: bool) -> str:
    if is_list:
        return LISTS
    label = name.replace("_", " ").capitalize()
    return features.declare(Feature(name, label, (model.__doc__ or "").strip().partition("\n")[0]))


def retire(**numbers: int) -> None:
    """Keep the names and numbers of collections that are no more from ever standing for others.

    Phones may still hold what they stood for. The migration that takes a collection away gives every account
    a new epoch, so that no cursor speaks of it any more.
    """
    _retired.update(numbers)


def collections() -> list[Collection]:
    """Return every collection, parents first."""
    return [_by_number[number] for number in sorted(_by_number)]


def schema_version() -> int:
    """Return the schema version that last added anything: what a phone that knows everything states."""
    return max((each.newest for each in _by_name.values()), default=1)


def named(name: str) -> Collection | None:
    """Return the collection of a name, if there is one."""
    return _by_name.get(name)


def number_of(name: str) -> int:
    """Return the number of a collection that is declared."""
    return _by_name[name].number


def numbered(number: int) -> Collection:
    """Return the collection of a number."""
    return _by_number[number]


def children(parent: Collection) -> list[tuple[Collection, FieldSpec]]:
    """Return the collections whose records are children of this one's, each with the link that says so."""
    return _children()[parent.number]


@cache
def referring(target: str) -> list[tuple[Collection, FieldSpec]]:
    """Return every field that may name a record of a collection, alone or in a set, or inside an element."""
    return [
        (each, spec)
        for each in collections()
        for spec in each.fields.values()
        if spec.link == target or target in linked_inside(spec.info.annotation)
    ]


def slots_below(parent: Collection) -> dict[int, Collection]:
    """Return the kinds of all descendants of a collection's records, by their slots."""
    below: dict[int, Collection] = {}
    for child, _ in children(parent):
        below |= {child.stamp.slot or 0: child, **slots_below(child)}
    return below


@cache
def _children() -> dict[int, list[tuple[Collection, FieldSpec]]]:
    found: dict[int, list[tuple[Collection, FieldSpec]]] = {number: [] for number in _by_number}
    for each in collections():
        for spec in each.parents:
            found[_by_name[spec.link or ""].number].append((each, spec))
    return found


def label_names() -> set[str]:
    """Return the names of labels that are no ids."""
    return {name for each in _by_name.values() for name in each.stamp.names}


def check() -> None:
    """Refuse a set of declarations that cannot work: call once when all are imported."""
    _children.cache_clear()
    referring.cache_clear()
    for each in _by_name.values():
        for spec in each.links:
            _check_link(each, spec)
        if each.parents and not 1 <= (each.stamp.slot or 0) <= SLOTS:
            raise TypeError(f"{each.name} has a parent and needs a slot from 1 to {SLOTS}")
    for each in _by_name.values():
        slots: dict[int | None, str] = {}
        for kind in _kinds_below(each):
            if slots.setdefault(kind.stamp.slot, kind.name) != kind.name:
                raise TypeError(
                    f"{kind.name} needs another slot: {slots[kind.stamp.slot]} has it below {each.name}"
                )


def _kinds_below(parent: Collection) -> Iterator[Collection]:
    for child, _ in children(parent):
        yield child
        yield from _kinds_below(child)


def _check_link(each: Collection, spec: FieldSpec) -> None:
    parent = _by_name.get(spec.link or "")
    if parent is None:
        raise TypeError(f"{each.name}.{spec.name} links to {spec.link}, which is not declared")
    if spec.since < parent.since:
        raise TypeError(f"{each.name}.{spec.name} links to {parent.name}, which is introduced later")
    if parent.number > each.number:
        raise TypeError(f"{parent.name} must have a smaller number than {each.name}, which links to it")
    if spec.is_parent and (parent is each or spec.kind is not Kind.ID):
        raise TypeError(f"{each.name}.{spec.name} cannot name a parent")
    if spec.on_delete is OnDelete.CLEAR and not (spec.is_nullable or spec.kind is Kind.IDS):
        raise TypeError(f"{each.name}.{spec.name} must name something, so it cannot be cleared")
    if spec.on_delete is OnDelete.CASCADE and spec.kind is Kind.IDS:
        raise TypeError(f"{each.name}.{spec.name} names several, and goes with none of them")
    if spec.is_parent and parent.stamp.private:
        raise TypeError(f"{parent.name} may be private, so it cannot be anybody's parent")


def _check_free(name: str, number: int) -> None:
    """Refuse what stands for something else, before there is a table of that name."""
    if name in {*_by_name, *_retired} or number in {*_by_number, *_retired.values()}:
        raise TypeError(f"{name} ({number}) is declared twice, or its name or number belongs to another")


def _register(new: Collection) -> None:
    if not 0 < new.number < 2**15:
        raise TypeError(f"{new.name}: a number is from 1 to 32767")
    private = new.stamp.private if isinstance(new.stamp.private, str) else None
    stamped = [*new.stamp.label_names, *new.stamp.owners, new.stamp.day, private]
    if unknown := {name for name in stamped if name and name not in {*new.fields, *BOOKKEEPING}}:
        raise TypeError(f"{new.name} has no field {', '.join(sorted(unknown))} to be stamped by")
    if bool(new.stamp.is_pinned) is not bool(new.stamp.pinned):
        raise TypeError(f"{new.name}: what is pinned needs words, and nothing else does")
    if new.since < 1:
        raise TypeError(f"{new.name}: schema versions are counted from 1")
    for spec in new.late_fields:
        _check_late(new, spec, is_stamped=spec.name in stamped)
    if len(new.late_parts) > LATE_PARTS:
        raise TypeError(
            f"{new.name} was added to {len(new.late_parts)} times, the feed has room for {LATE_PARTS}"
        )
    _by_name[new.name] = _by_number[new.number] = new
    guard(new.name, Guard(new.guarded, may_be_private=bool(new.stamp.private)))


def _check_late(each: Collection, spec: FieldSpec, *, is_stamped: bool) -> None:
    """Refuse what cannot come to records, tables and phones that are there already."""
    name = f"{each.name}.{spec.name}, introduced after its collection,"
    if spec.info.is_required():
        raise TypeError(f"{name} needs a default: records that are there have no value for it")
    default = spec.info.get_default(call_default_factory=True)
    if spec.is_parent:
        raise TypeError(f"{name} cannot name a parent: older apps would hold other records than before")
    if spec.part in (Part.CONTENT, Part.PREVIEW):
        raise TypeError(f"{name} cannot be content: the preview of it would have no place")
    if spec.is_unique and default is not None:
        raise TypeError(f"{name} cannot be unique with a default all records share")
    if is_stamped and default not in (None, [], False):
        raise TypeError(f"{name} cannot stamp the records that are there: its default must be empty")


def _spec(name: str, info: FieldInfo, owner: str, since: int) -> FieldSpec:
    if not info.description or not info.examples:
        raise TypeError(f"{owner}.{name} needs a description and an example")
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind, is_nullable = kind_of(
        Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    )
    link = next((mark for mark in info.metadata if isinstance(mark, Link)), None)
    return FieldSpec(
        name=name,
        kind=kind,
        info=info,
        is_nullable=is_nullable,
        is_read_only=bool(extra.get("readOnly", False)),
        link=link.collection if link else None,
        is_parent=bool(link and link.is_parent),
        on_delete=link.on_delete if link else OnDelete.REFUSE,
        is_unique=bool(extra.get("x-unique", False)),
        part=Part[str(extra["x-part"]).upper()] if "x-part" in extra else None,
        since=max(int(extra.get("x-since", 1)), since),
    )
