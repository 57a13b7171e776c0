"""The API document is a product: whole, valid, and the one the code makes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from app.core.errors import AppError, refusals
from app.desk import paths
from app.http.problem_pages import list_pages
from app.main import create_app
from app.openapi import document
from app.sync import registry
from tests.house.requests import resolved

Schema = dict[str, Any]
SENTENCE = re.compile(r"[A-Z`].*[.!…]", re.DOTALL)
TITLE = re.compile(r"[A-Z][^A-Z.]*[^.]")
ON_EVERY_ROUTE = {"422", "429", "500", "503"}
OF_NO_ROUTE = {
    "head_too_large": "no route is known yet when it is said",
    "method_not_allowed": "there is no route to say it on",
}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Build the application; nothing here asks its database."""
    return create_app()


@pytest.fixture(scope="module")
def made(app: FastAPI) -> Schema:
    """Return the document the code makes."""
    return app.openapi()


@pytest.fixture(scope="module")
def schemas(made: Schema) -> dict[str, Schema]:
    """Return its schemas."""
    return dict(made["components"]["schemas"])


def _operations(made: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, verbs in resolved(made)["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def test_the_committed_document_is_the_one_the_code_makes(app: FastAPI, repository: Path) -> None:
    assert (repository / "openapi" / "openapi.json").read_bytes() == document.text(app)


def test_it_is_valid_openapi_3_1(made: Schema) -> None:
    assert made["openapi"].startswith("3.1")
    validate(made, cls=OpenAPIV31SpecValidator)


def test_every_operation_is_named_by_its_tag_and_says_what_it_does(made: Schema) -> None:
    names = []
    for path, verb, operation in _operations(made):
        [tag] = operation["tags"]
        assert re.fullmatch(rf"{tag}_[a-z_]+", operation["operationId"]), (verb, path)
        assert TITLE.fullmatch(operation["summary"]), (verb, path, operation["summary"])
        assert SENTENCE.fullmatch(operation["description"]), (verb, path)
        names.append(operation["operationId"])
    assert len(set(names)) == len(names)


def test_every_tag_is_described(made: Schema) -> None:
    described = {tag["name"] for tag in made["tags"] if SENTENCE.fullmatch(tag["description"])}
    assert described == {tag for *_, operation in _operations(made) for tag in operation["tags"]}


def test_every_operation_lists_its_refusals(made: Schema) -> None:
    for path, verb, operation in _operations(made):
        expected = set(ON_EVERY_ROUTE)
        expected |= {"401"} if operation.get("security") else set()
        expected |= {"403"} if any("HTTPBearer" in each for each in operation.get("security", ())) else set()
        expected |= {"408", "413", "415"} if "requestBody" in operation else set()
        assert expected <= set(operation["responses"]), (verb, path)
        for status, answer in operation["responses"].items():
            assert answer["description"], (verb, path, status)
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (verb, path, status)


def test_everything_under_v1_is_guarded_but_the_ways_in(made: Schema) -> None:
    open_ones = {
        path
        for path, _, operation in _operations(made)
        if path.startswith("/v1/") and not operation.get("security")
    }
    ways_in = {"/v1/auth/login", "/v1/auth/refresh", "/v1/auth/reset"}
    assert open_ones == {
        *ways_in,
        "/v1/devices/me/wiped",
        "/v1/limits",
        "/v1/calendar/{secret}.ics",
        "/v1/picture-files/{link}",
        "/v1/text-hooks/{key}/incoming",
        "/v1/text-hooks/{key}/status",
    }


def test_a_list_says_what_is_in_it(made: Schema) -> None:
    """Of one schema laid over another, generators make a list of anything."""
    for collection in paths.readable():
        answer = made["paths"][f"/v1/{collection.name}"]["get"]["responses"]["200"]
        records = answer["content"]["application/json"]["schema"]["properties"]["records"]
        name = collection.model.__name__
        assert (records["type"], records["items"]) == ("array", {"$ref": f"#/components/schemas/{name}"})


def test_every_parameter_is_described_and_has_an_example(made: Schema) -> None:
    for path, verb, operation in _operations(made):
        for parameter in operation.get("parameters", []):
            assert SENTENCE.fullmatch(parameter["description"]), (verb, path)
            assert parameter["schema"].get("examples") or parameter.get("examples"), (verb, path)


def _ours() -> dict[str, type[AppError]]:
    return {kind.code: kind for kind in refusals() if kind.__module__.startswith("app.")}


def test_every_refusal_is_documented_where_it_happens(made: Schema) -> None:
    told = {
        code
        for *_, operation in _operations(made)
        for status, answer in operation["responses"].items()
        if status >= "400"
        for content in answer["content"].values()
        for code in content.get("examples", {})
    }
    assert told == set(_ours()) - set(OF_NO_ROUTE)


async def test_every_refusal_has_its_page() -> None:
    pages = {page.code: page for page in await list_pages()}
    for code, kind in _ours().items():
        assert (pages[code].status, pages[code].title) == (kind.status, kind.title)
        assert SENTENCE.fullmatch(pages[code].description), code
        assert SENTENCE.fullmatch(kind.title), code


def test_a_code_belongs_to_one_refusal() -> None:
    codes = [kind.code for kind in refusals() if kind.__module__.startswith("app.")]
    assert len(set(codes)) == len(codes)


def test_every_schema_is_titled_by_its_name(schemas: dict[str, Schema]) -> None:
    assert {name: schema.get("title") for name, schema in schemas.items()} == {name: name for name in schemas}


def test_no_schema_is_called_by_its_module(schemas: dict[str, Schema]) -> None:
    """Two classes of one name are called by their modules: the later one gets a name in `naming.NAMES`."""
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []


def test_every_field_is_described_and_has_an_example(schemas: dict[str, Schema]) -> None:
    lacking = []
    for name, schema in schemas.items():
        for field, shape in schema.get("properties", {}).items():
            target = _target(schemas, shape)
            if not SENTENCE.fullmatch(shape.get("description", target.get("description", ""))):
                lacking.append(f"{name}.{field} has no sentence")
            if "properties" not in target and not shape.get("examples"):
                lacking.append(f"{name}.{field} has no example")
    assert lacking == []


def _target(schemas: dict[str, Schema], shape: Schema) -> Schema:
    """Return the object a field is, or holds, or an empty one."""
    arms = [shape, shape.get("items", {}), shape.get("additionalProperties") or {}, *shape.get("anyOf", [])]
    named = [arm["$ref"].rpartition("/")[2] for arm in arms if isinstance(arm, dict) and "$ref" in arm]
    return schemas[named[0]] if named else (shape if "properties" in shape else {})


def test_every_example_is_valid(made: Schema, schemas: dict[str, Schema]) -> None:
    checker = Draft202012Validator.FORMAT_CHECKER
    wrong = []
    for name, schema in schemas.items():
        for field, shape in schema.get("properties", {}).items():
            whole = {**shape, "components": made["components"]}
            validator = Draft202012Validator(whole, format_checker=checker)
            wrong += [
                f"{name}.{field}"
                for example in shape.get("examples", [])
                if not validator.is_valid(example) and not _has_elements(schemas, shape)
            ]
    assert wrong == []


def _has_elements(schemas: dict[str, Schema], shape: Schema) -> bool:
    """Say whether a field holds elements, of which a client may leave out what has a default."""
    return "properties" in _target(schemas, shape)


def test_a_body_made_of_the_examples_is_valid(made: Schema, schemas: dict[str, Schema]) -> None:
    for path, verb, operation in _operations(made):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            body = _example(schemas, content["schema"])
            whole = {**content["schema"], "components": made["components"]}
            errors = list(Draft202012Validator(whole).iter_errors(body))
            assert errors == [], (verb, path)


def _example(schemas: dict[str, Schema], shape: Schema) -> Any:
    if shape.get("examples"):
        return shape["examples"][0]
    if "$ref" in shape:
        return _example(schemas, schemas[shape["$ref"].rpartition("/")[2]])
    if "anyOf" in shape:
        return _example(schemas, shape["anyOf"][0])
    if shape.get("type") == "array":
        return [_example(schemas, shape["items"])]
    return {name: _example(schemas, each) for name, each in shape["properties"].items()}


def test_every_answer_says_what_it_is_and_shows_one_whole(made: Schema) -> None:
    examples = made["components"]["examples"]
    for path, verb, operation in _operations(made):
        for status, answer in operation["responses"].items():
            assert SENTENCE.fullmatch(answer["description"]), (verb, path, status)
            content = answer.get("content", {}).get("application/json")
            if status < "300" and content:
                name = content["examples"]["whole"]["$ref"].rpartition("/")[2]
                whole = {**content["schema"], "components": made["components"]}
                assert [*Draft202012Validator(whole).iter_errors(examples[name]["value"])] == [], (verb, path)


def test_links_lead_to_operations_by_parameters_they_have(made: Schema) -> None:
    operations = {each["operationId"]: each for *_, each in _operations(made)}
    links = [
        link
        for each in operations.values()
        for answer in each["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert {link["operationId"] for link in links} >= {"auth_refresh", "sync_push", "clients_delete"}
    for link in links:
        target = operations[link["operationId"]]
        assert {*link.get("parameters", {})} <= {each["name"] for each in target.get("parameters", [])}, link


def test_answers_have_every_field_and_no_default(made: Schema, schemas: dict[str, Schema]) -> None:
    left_out = {
        each.model.__name__: {name for name, spec in each.fields.items() if spec.part}
        for each in registry.collections()
    }
    for name in _reached(schemas, [_answers(made)]):
        schema = schemas[name]
        always = set(schema.get("properties", {})) - left_out.get(name, set())
        assert set(schema.get("required", [])) == always, name
        defaults = [field for field, shape in schema.get("properties", {}).items() if "default" in shape]
        assert defaults == [], name


def _answers(made: Schema) -> list[Schema]:
    return [
        answer
        for *_, operation in _operations(made)
        for status, answer in operation["responses"].items()
        if status < "300"
    ]


def _reached(schemas: dict[str, Schema], start: list[Any]) -> set[str]:
    """Return the names of all schemas that can be come to by references."""
    found: set[str] = set()
    waiting: list[Any] = list(start)
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = str(each.get("$ref", "")).removeprefix("#/components/schemas/")
            if name and not name.startswith("#") and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
