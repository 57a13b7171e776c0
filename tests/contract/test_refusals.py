"""What no collection takes in: each refusal names the field and never repeats the value."""

from typing import Any
from uuid import uuid4

from app.sync.registry import Collection, FieldSpec
from app.sync.store import Write
from app.sync.tables import Kind
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import (
    NUMBER,
    SECRET,
    WRONG,
    another_value,
    by_server,
    every,
    fresh,
    parents_of,
    planted,
    whole,
)

EDGES: dict[Kind, list[Any]] = {
    Kind.TEXT: ["", " ", "\x01\x7f\u2028\U0001f986", "ß" * 300_000],
    Kind.INTEGER: [2**53 - 1, -(2**53) + 1, 0],
    Kind.DATE: ["0001-01-01", "9999-12-31"],
    Kind.TIME: ["00:00:00", "23:59:59.999999"],
    Kind.INSTANT: ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-06-20T10:00:00.1234567Z"],
    Kind.ID: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    Kind.TEXTS: [[""] * 5_000],
    Kind.IDS: [["00000000-0000-0000-0000-000000000000"] * 5_000],
}
"""Values at the edge of what can be kept; whether they are taken is the declaration's affair."""


@every(is_writable=True)
async def test_a_field_it_does_not_know_is_refused(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    record_id = await planted(studio, collection.name)
    answer = await phone.send(
        change("create", collection.name, uuid4(), **sent, hair=SECRET),
        change("patch", collection.name, record_id, hair=SECRET),
        change("patch", collection.name, record_id, created_at="2026-05-04T09:30:00Z"),
        change("patch", collection.name, record_id, account_id=str(uuid4())),
    )
    results = answer.json()["results"]
    assert [(each["verdict"], each["code"]) for each in results] == [("rejected", "invalid_fields")] * 4
    assert [set(each["fields"]) for each in results] == [{"hair"}, {"hair"}, {"created_at"}, {"account_id"}]
    assert SECRET not in answer.text


@every(is_writable=True)
async def test_a_wrong_type_is_refused_and_the_field_named(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    wrong = [(spec, value) for spec in collection.fields.values() for value in _wrong(spec)]
    answer = await phone.send(
        *(change("create", collection.name, uuid4(), **{**sent, spec.name: value}) for spec, value in wrong)
    )
    for (spec, value), result in zip(wrong, answer.json()["results"], strict=True):
        assert (result["verdict"], result["code"]) == ("rejected", "invalid_fields"), (spec.name, value)
        assert {path.partition(".")[0] for path in result["fields"]} == {spec.name}
        told = str([result["message"], result["fields"]])
        assert SECRET not in told
        assert str(NUMBER) not in told


def _wrong(spec: FieldSpec) -> list[Any]:
    return [*WRONG[spec.kind], *([] if spec.is_nullable else [None])]


@every(is_writable=True)
async def test_a_missing_field_is_named(collection: Collection, studio: Studio, phone: Phone) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    required = [spec.name for spec in collection.fields.values() if spec.info.is_required()]
    results = await phone.push(
        *(
            change("create", collection.name, uuid4(), **{key: sent[key] for key in sent if key != name})
            for name in required
        )
    )
    assert [result["code"] for result in results] == ["invalid_fields"] * len(required)
    assert [list(result["fields"]) for result in results] == [[name] for name in required]


@every(is_writable=True)
async def test_a_value_at_the_edge_gets_a_verdict(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    for spec in (each for each in collection.fields.values() if each.kind in EDGES):
        edges = [{**sent, spec.name: value} for value in EDGES[spec.kind]]
        results = await phone.push(*(change("create", collection.name, uuid4(), **each) for each in edges))
        assert {result["verdict"] for result in results} <= {"applied", "rejected"}, spec.name


@every(is_writable=True)
async def test_what_the_server_sets_is_not_set_by_a_phone(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id, record = uuid4(), whole(collection, **await parents_of(studio, collection))
    await by_server(studio, Write(collection.name, record_id, record))
    reserved = [spec for spec in collection.fields.values() if spec.is_read_only and not spec.link]
    results = await phone.push(
        *(
            change(
                "patch", collection.name, record_id, **{spec.name: another_value(collection, record, spec)}
            )
            for spec in reserved
        )
    )
    assert [(result["code"], list(result["fields"] or {})) for result in results] == [
        ("read_only_field", [spec.name]) for spec in reserved
    ]


@every(is_writable=False)
async def test_a_phone_cannot_write_to_it(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    copy = await other_phone.copy(collection.name)
    before = dict(copy.records)
    results = await phone.push(
        change("create", collection.name, uuid4(), **fresh(collection)),
        change("patch", collection.name, record_id, **fresh(collection)),
        change("delete", collection.name, record_id),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [("rejected", "read_only_collection")] * 3
    await copy.pull()
    assert copy.records == before
