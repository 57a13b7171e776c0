"""What a later version may add to a collection, and what is refused where it is declared."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from sqlmodel import SQLModel

import app.studio  # noqa: F401 - declares the collections
from app.sync import registry
from app.sync.anchors import Stamp
from app.sync.fields import LATE_PARTS, Day, Id, Line, Link, Part, field
from app.sync.registry import Record, collection

NAMES = ("growing_parents", "growing_things")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Leave the registry as it was."""
    yield
    for name in NAMES:
        known = registry._by_name.pop(name, None)
        if known is not None:
            del registry._by_number[known.number]
        if name in SQLModel.metadata.tables:
            SQLModel.metadata.remove(SQLModel.metadata.tables[name])
    registry.check()


def declare(
    stamp: Stamp | None = None, since: int = 1, number: int = 30_000, **late: tuple[Any, Any]
) -> None:
    fields = {name: made for name, (_, made) in late.items()}
    annotations = {name: annotation for name, (annotation, _) in late.items()}
    model = type("Thing", (Record,), {"__doc__": "A thing.", "__annotations__": annotations, **fields})
    collection(NAMES[1], number=number, stamp=stamp or Stamp(), since=since)(model)


def late(**given: Any) -> Any:
    return field("Something new.", **{"example": None, "default": None, "since": 2, **given})


A_PARENT = Annotated[Id | None, Link("clients", is_parent=True)]
REFUSED: dict[str, tuple[Stamp | None, Any, Any]] = {
    "needs a default": (None, Line, late(example="x", default=...)),
    "cannot name a parent": (Stamp(slot=1), A_PARENT, late()),
    "cannot be content": (None, Line | None, late(part=Part.CONTENT)),
    "cannot be unique": (None, Line, late(example="x", default="x", is_unique=True)),
    "default must be empty": (Stamp(day="thing"), Day | None, late(default="2026-05-04")),
}


@pytest.mark.parametrize(("said", "declared"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_added_is_refused(said: str, declared: tuple[Stamp | None, Any, Any]) -> None:
    stamp, annotation, made = declared
    with pytest.raises(TypeError, match=said):
        declare(stamp, thing=(annotation, made))


def test_versions_are_counted_from_1() -> None:
    with pytest.raises(TypeError, match="counted from 1"):
        declare(since=0)


@pytest.mark.parametrize("stamp", [Stamp(is_pinned=bool), Stamp(pinned="not done yet")])
def test_what_is_pinned_is_called_something(stamp: Stamp) -> None:
    with pytest.raises(TypeError, match="what is pinned needs words"):
        declare(stamp)


def test_a_collection_has_room_for_so_many_later_parts() -> None:
    with pytest.raises(TypeError, match="room"):
        declare(
            None, 1, 30_000, **{f"thing_{n}": (Line | None, late(since=n + 2)) for n in range(LATE_PARTS + 1)}
        )


def test_nothing_links_to_what_is_introduced_later() -> None:
    class Parent(Record):
        """What things come from."""

    collection(NAMES[0], number=29_999, since=3)(Parent)
    declare(parent_id=(Annotated[Id | None, Link(NAMES[0])], late()))
    with pytest.raises(TypeError, match="introduced later"):
        registry.check()


def test_kinds_below_one_parent_have_slots_of_their_own() -> None:
    declare(Stamp(slot=1), since=2, client_id=(A_PARENT, late()))
    with pytest.raises(TypeError, match="needs another slot: sessions has it below clients"):
        registry.check()


def test_a_stamp_may_go_by_a_late_field_that_is_empty_at_first() -> None:
    declare(Stamp(labels=("thing_id",)), thing_id=(Annotated[Id | None, Link("clients")], late()))
    registry.check()


def test_the_schema_version_is_the_highest_that_is_declared() -> None:
    assert registry.schema_version() < 7
    declare(thing=(Line | None, late(since=7)))
    assert registry.schema_version() == 7


def test_a_late_field_keeps_its_place_when_a_later_version_adds_more() -> None:
    declare(second=(Line | None, late(since=3, part=Part.NOTES)), first=(Line | None, late(since=2)))
    before = registry.named(NAMES[1])
    assert before is not None
    assert [each.names for each in before.late_parts] == [("first",), ("second",)]
