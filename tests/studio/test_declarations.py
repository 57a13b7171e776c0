"""What holds for every declared collection, without naming one."""

import re
from typing import Any
from uuid import uuid4

import orjson
import pytest

import app.studio  # noqa: F401 - declares the collections
from app.sync.fields import Element, Part
from app.sync.moving import movable
from app.sync.registry import Collection, Record, collection, collections
from app.sync.tables import Kind
from app.sync.validation import canonical
from tests.samples import named, sample

TAKEN_BY_STORE_OR_PHONE = {
    "id",
    "revision",
    "account_id",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "_status",
    "_changed",
}
NEEDS_QUOTES_IN_SQL = {
    "all", "check", "column", "default", "desc", "end", "from", "group", "limit", "offset", "order",
    "primary", "references", "select", "table", "to", "union", "unique", "user", "when", "where",
}  # fmt: skip

LINELESS: dict[str, dict[str, Any]] = {"invoices": {"lines": []}}

every_collection = pytest.mark.parametrize("collection", collections(), ids=lambda each: each.name)


@every_collection
def test_all_examples_together_are_a_valid_record(collection: Collection) -> None:
    examples = {name: spec.example for name, spec in collection.fields.items()}
    collection.model.model_validate_json(orjson.dumps(examples))


@every_collection
def test_parents_come_before_children(collection: Collection) -> None:
    numbers = {each.name: each.number for each in collections()}
    assert all(numbers[spec.link] <= collection.number for spec in collection.links if spec.link)


@every_collection
def test_a_phone_can_create_a_record_without_what_the_server_sets(collection: Collection) -> None:
    required = [spec.name for spec in collection.fields.values() if spec.info.is_required()]
    assert not collection.is_writable or not any(collection.fields[name].is_read_only for name in required)


@every_collection
def test_names_are_usable_in_sql_and_in_a_phone_s_database(collection: Collection) -> None:
    for name in (collection.name, *collection.fields):
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,49}", name)
        assert name not in TAKEN_BY_STORE_OR_PHONE | NEEDS_QUOTES_IN_SQL


@every_collection
def test_every_field_even_inside_an_element_is_described(collection: Collection) -> None:
    schema = collection.model.model_json_schema()
    owners = [schema, *schema.get("$defs", {}).values()]
    for owner in owners:
        assert owner["description"]
        for name, each in owner.get("properties", {}).items():
            assert each.get("description", "").endswith("."), f"{owner['title']}.{name}"
            assert "examples" in each, f"{owner['title']}.{name}"


@every_collection
def test_what_is_kept_in_lists_has_ids(collection: Collection) -> None:
    for spec in collection.fields.values():
        if spec.kind is Kind.OBJECTS:
            assert all("id" in element for element in spec.example), spec.name


@every_collection
def test_long_notes_and_custom_fields_can_be_left_out_of_a_phone(collection: Collection) -> None:
    expected = {"notes": Part.NOTES, "status_notes": Part.NOTES, "custom": Part.CUSTOM}
    for name, part in expected.items():
        if name in collection.fields:
            assert collection.fields[name].part is part


def test_lists_money_and_staff_are_not_written_by_phones() -> None:
    written = {each.name for each in collections() if each.is_writable}
    assert written == {
        "clients",
        "sessions",
        "appointments",
        "tasks",
        "phone_calls",
        "emails",
        "text_messages",
    }


def test_an_element_refuses_a_field_it_does_not_know() -> None:
    def elements(kind: type[Element]) -> list[type[Element]]:
        return [kind, *(each for child in kind.__subclasses__() for each in elements(child))]

    known: list[Any] = elements(Element)
    assert all(kind.model_config.get("extra") == "forbid" for kind in known)


@pytest.mark.parametrize(("name", "number"), [("saved_cards", 999), ("wallets", 410)])
def test_what_a_collection_that_is_no_more_was_called_is_never_used_again(name: str, number: int) -> None:
    with pytest.raises(TypeError, match="belongs to another"):
        collection(name, number=number)(Record)


@pytest.mark.parametrize(
    ("child", "name"),
    [
        pytest.param(child, spec.name, id=f"{child.name}.{spec.name}")
        for child, spec in movable(named("clients"))
    ],
)
def test_whom_a_record_belongs_to_is_not_stamped(child: Collection, name: str) -> None:
    """What belongs to a merged client moves without being stamped anew."""
    fields = canonical(child, sample(child.name, **{name: str(uuid4())}, **LINELESS.get(child.name, {})))
    stamp, made = child.stamp, {"created_at": "2026-05-01T10:00:00Z"}
    stamped = [
        (stamp.day_of(each), stamp.labels_of(each), stamp.owners_of(each), stamp.is_private(each))
        for each in ({**fields, **made}, {**fields, **made, name: str(uuid4())})
    ]
    assert stamped[0] == stamped[1]
