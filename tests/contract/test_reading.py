"""What the server writes to any collection arrives by pull, as the API document says it does."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator

from app.core.principal import Principal
from app.sync import registry
from app.sync.registry import Collection
from app.sync.store import Write
from app.sync.tables import Kind, bookkeeping
from app.sync.upkeep import verify
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import FILLED_IN, by_server, contains, every, is_valid, parents_of, planted, whole
from tests.document import DOCUMENT

Schema = dict[str, Any]
SHAPES: dict[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
    Kind.ID: {"type": "string", "format": "uuid"},
    Kind.IDS: {"type": "array", "items": {"type": "string", "format": "uuid"}},
    Kind.CHOICE: {"type": "string"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.OBJECT: {"type": "object"},
    Kind.OBJECTS: {"type": "array", "items": {"type": "object"}},
}


@pytest.fixture(scope="session")
async def manifest(http: httpx.AsyncClient, first_phone: Phone) -> dict[str, Schema]:
    """Return the manifest's entries by collection."""
    answer = await http.get("/v1/sync/manifest", headers=first_phone.headers)
    return {entry["name"]: entry for entry in answer.json()["collections"]}


def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@every()
async def test_a_record_of_the_server_is_pulled_as_it_was_written(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    copy = await phone.copy(collection.name)
    fields = whole(collection, **await parents_of(studio, collection))
    record_id = await planted(studio, collection.name)
    await by_server(studio, Write(collection.name, record_id, fields))
    [page] = await copy.pull()
    pulled = copy.records[str(record_id)]
    filled = FILLED_IN.get(collection.name, frozenset())
    assert contains(pulled, {name: fields[name] for name in fields.keys() - filled})
    assert (pulled["created_by"], pulled["updated_by"]) == (None, None)
    assert pulled["revision"] == page["revision"]


@every()
async def test_a_page_is_what_the_document_says(collection: Collection, studio: Studio, phone: Phone) -> None:
    gone = await planted(studio, collection.name)
    copy = await phone.copy(collection.name)
    await planted(studio, collection.name)
    await by_server(studio, *_smallest(collection, await parents_of(studio, collection)))
    await by_server(studio, Write.delete(collection.name, gone))
    pages = await copy.pull()
    assert pages[-1]["changes"][collection.name]["put"]
    for page in pages:
        _validator("PullAnswer").validate(page)


def _smallest(collection: Collection, links: dict[str, str]) -> list[Write]:
    """Return a write of the required fields alone, where the collection's rules let that be a record."""
    made = whole(collection, **links)
    required = {name: made[name] for name in made if collection.fields[name].info.is_required()}
    return [Write(collection.name, uuid4(), required)] if is_valid(collection, required) else []


@every()
async def test_the_manifest_agrees_with_the_document(
    collection: Collection, manifest: dict[str, Schema]
) -> None:
    entry = manifest[collection.name]
    schemas = DOCUMENT["components"]["schemas"]
    changes = schemas["PullAnswer"]["properties"]["changes"]["properties"][collection.name]
    record = _resolved(schemas, changes["properties"]["put"]["items"])
    kept = {"id", "revision", *(column.name for column in bookkeeping())}
    told = {field["name"]: field for field in entry["fields"]}
    assert set(record["properties"]) == kept | set(told)
    left_out = {name for name, field in told.items() if field["part"]}
    assert set(record["required"]) == set(record["properties"]) - left_out
    assert record["description"].startswith(entry["description"])
    for name, field in told.items():
        shape = record["properties"][name]
        assert field["description"] == shape["description"]
        assert contains(shape["examples"], [field["example"]]), name
        assert field["read_only"] == shape.get("readOnly", False)
        arms = [_resolved(schemas, arm) for arm in shape.get("anyOf", [shape])]
        assert field["nullable"] == ({"type": "null"} in arms)
        [arm] = [arm for arm in arms if arm != {"type": "null"}]
        arm = {**arm, "items": _resolved(schemas, arm["items"])} if "items" in arm else arm
        assert contains(arm, SHAPES[field["type"]]), name
        assert field["choices"] == arm.get("items", arm).get("enum"), name
        assert field["max_length"] == arm.get("maxLength", arm.get("maxItems")), name
        if field["type"] == Kind.INTEGER:
            assert (field["minimum"], field["maximum"]) == (arm.get("minimum"), arm.get("maximum")), name
        _assert_members(field, arm.get("items", arm), schemas)


def _assert_members(field: Schema, shape: Schema, schemas: Schema) -> None:
    """Hold the members of an object, or of the objects of a list, against the document."""
    if field["type"] not in (Kind.OBJECT, Kind.OBJECTS) or "properties" not in shape:
        assert field["members"] is None
        return
    told = {member["name"]: member for member in field["members"]}
    assert set(told) == set(shape["properties"])
    for name, member in told.items():
        arms = shape["properties"][name].get("anyOf", [shape["properties"][name]])
        assert member["nullable"] == ({"type": "null"} in arms), name
        [arm] = [_resolved(schemas, arm) for arm in arms if arm != {"type": "null"}]
        arm = {**arm, "items": _resolved(schemas, arm["items"])} if "items" in arm else arm
        assert contains(arm, SHAPES[Kind(member["type"])]), name
        assert member["choices"] == arm.get("items", arm).get("enum"), name
        assert member["max_length"] == arm.get("maxLength", arm.get("maxItems")), name


@every(is_writable=True)
async def test_what_the_manifest_says_is_enough_to_write_from(
    collection: Collection, manifest: dict[str, Schema], studio: Studio, phone: Phone
) -> None:
    """Defaults, sent as the manifest tells them, mean what leaving them out means."""
    defaults = {
        field["name"]: field["default"]
        for field in manifest[collection.name]["fields"]
        if not field["required"] and not field["read_only"]
    }
    for smallest in _smallest(collection, await parents_of(studio, collection)):
        required = smallest.fields or {}
        left_out = change("create", collection.name, smallest.record_id, **required)
        told = change("create", collection.name, smallest.record_id, **{**defaults, **required})
        results = await phone.push(left_out, told)
        assert [result["verdict"] for result in results] == ["applied", "noop"]


def _resolved(schemas: Schema, shape: Schema) -> Schema:
    while "$ref" in shape:
        shape = {
            **schemas[shape["$ref"].rpartition("/")[2]],
            **{key: value for key, value in shape.items() if key != "$ref"},
        }
    return shape


@every()
async def test_the_manifest_knows_each_link_and_parents_come_first(
    collection: Collection, manifest: dict[str, Schema]
) -> None:
    entry = manifest[collection.name]
    assert (entry["number"], entry["writable"], entry["day"]) == (
        collection.number,
        collection.is_writable,
        collection.day,
    )
    places = {name: place for place, name in enumerate(manifest)}
    for field in entry["fields"]:
        if field["link"]:
            assert places[field["link"]] <= places[collection.name]


async def test_the_feed_agrees_with_a_record_of_every_collection(studio: Studio) -> None:
    for collection in registry.collections():
        await planted(studio, collection.name)
    assert not await verify(studio.database, Principal.system(studio.account.account_id))
