"""What breaks a client is found in the document itself; what does not is let through."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.openapi.breaking import broken, may_break
from app.openapi.surface import Surface, read, surface
from tests import document

Schema = dict[str, Any]
BEFORE: Schema = document.DOCUMENT
PATHS = BEFORE["paths"]
LOGIN = "/v1/auth/login"


def _changed(change: Callable[[Schema], object]) -> list[str]:
    after = deepcopy(BEFORE)
    change(after)
    return [str(each) for each in broken(surface(BEFORE), surface(after))]


def _schema(name: str) -> Callable[[Schema], Schema]:
    return lambda made: made["components"]["schemas"][name]


def _client(made: Schema) -> Schema:
    return _schema("Client")(made)["properties"]  # type: ignore[no-any-return]


def _sent(made: Schema) -> Schema:
    return _schema("ClientPatch")(made)["properties"]  # type: ignore[no-any-return]


def _clients(made: Schema, verb: str = "get") -> Schema:
    return made["paths"]["/v1/clients"][verb]  # type: ignore[no-any-return]


def _parameter(made: Schema, path: str, name: str) -> Schema:
    found: Schema = next(
        each for each in made["paths"][path]["get"]["parameters"] if each.get("name") == name
    )
    return found


def _levels(made: Schema) -> Schema:
    return _schema("ApiKeyRequest")(made)["properties"]["levels"]  # type: ignore[no-any-return]


def _hear(made: Schema) -> Schema:
    return made["webhooks"]["clients.created"]["post"]  # type: ignore[no-any-return]


def _lose_code(made: Schema) -> None:
    refused = {"description": "No.", "content": {"application/problem+json": {"examples": {"other": {}}}}}
    made["paths"][LOGIN]["post"]["responses"]["401"] = refused


def _forget(made: Schema, code: str) -> None:
    told = (each["responses"] for verbs in made["paths"].values() for each in verbs.values())
    for answer in (each for answers in (*told, made["components"]["responses"]) for each in answers.values()):
        for content in answer.get("content", {}).values():
            content.get("examples", {}).pop(code, None)


def _narrow(made: Schema) -> None:
    """Have one operation tell a code less, which others have still."""
    told = _clients(made, "post")["responses"]
    answer = deepcopy(made["components"]["responses"][told["409"]["$ref"].rpartition("/")[2]])
    del answer["content"]["application/problem+json"]["examples"]["already_exists"]
    told["409"] = answer


BREAKS: dict[str, tuple[Callable[[Schema], object], str]] = {
    "an operation is gone": (lambda made: made["paths"].pop(LOGIN), "POST /v1/auth/login: the operation"),
    "an operation is renamed": (
        lambda made: _clients(made).update(operationId="clients_all"),
        "called clients_list, now clients_all",
    ),
    "a parameter is gone": (lambda made: _clients(made).update(parameters=[]), "GET /v1/clients > query"),
    "a field of an answer is gone": (
        lambda made: _client(made).pop("first_name"),
        "schema Client.first_name: it is gone",
    ),
    "a field of an answer may be null": (
        lambda made: _client(made)["revision"].update(type=["integer", "null"]),
        "schema Client.revision: answers may be what they were not: null",
    ),
    "a field of an answer may be missing": (
        lambda made: _schema("Client")(made)["required"].remove("first_name"),
        "may be missing from answers now: first_name",
    ),
    "a good answer is gone": (
        lambda made: _clients(made, "post")["responses"].pop("201"),
        "POST /v1/clients < 201: it is gone",
    ),
    "a header of an answer is gone": (
        lambda made: _clients(made, "post")["responses"]["201"]["headers"].pop("ETag"),
        "headers are gone: ETag",
    ),
    "a code is nowhere any more": (
        lambda made: _forget(made, "record_changed"),
        "POST /v1/inbox/{record_id}/resolve < 409: codes are gone: record_changed",
    ),
    "a code is another": (_lose_code, "POST /v1/auth/login < 401: codes are gone"),
    "a field has to be sent": (
        lambda made: _schema("LoginRequest")(made)["required"].append("device"),
        "has to be sent now: device",
    ),
    "a parameter has to be sent": (
        lambda made: _clients(made)["parameters"].append(
            {"name": "studio", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "GET /v1/clients > query studio: it has to be sent now",
    ),
    "less may be sent": (
        lambda made: _sent(made)["first_name"].update(maxLength=3),
        "schema ClientPatch.first_name: less is taken: maxLength",
    ),
    "another type has to be sent": (
        lambda made: _sent(made)["first_name"].update(anyOf=[{"type": "integer"}]),
        "schema ClientPatch.first_name: it is taken no longer",
    ),
    "a header of an answer is of another type": (
        lambda made: made["components"]["headers"]["ETag"]["schema"].update(type="integer"),
        "headers < ETag: answers may be what they were not",
    ),
    "another good answer": (
        lambda made: _clients(made)["responses"].update({"202": {"description": "Later."}}),
        "GET /v1/clients < 202: it is a good answer that clients do not know",
    ),
    "what is left out means something else": (
        lambda made: _schema("ApiKeyRequest")(made)["properties"]["days"].update(default=1),
        "schema ApiKeyRequest.days: what is left out was",
    ),
    "a parameter that is left out means something else": (
        lambda made: _parameter(made, "/v1/feed", "max_rows")["schema"].update(default=10),
        "GET /v1/feed > query max_rows: what is left out was",
    ),
    "a token is sent elsewhere": (
        lambda made: made["components"]["securitySchemes"].update(
            ApiKey={"type": "apiKey", "in": "header", "name": "X-Key"}
        ),
        "scheme ApiKey: it was",
    ),
    "a way in is gone": (
        lambda made: made["components"]["securitySchemes"].pop("OperatorKey"),
        "scheme OperatorKey: it is gone",
    ),
    "names of members are others": (
        lambda made: _levels(made).update(patternProperties={"^x$": {"$ref": "#/components/schemas/Level"}}),
        "schema ApiKeyRequest.levels: names was",
    ),
    "members of any name are of another type": (
        lambda made: _levels(made)["patternProperties"].update({"^[a-z_]{1,50}$": {"type": "string"}}),
        "schema ApiKeyRequest.levels{0}: it is taken no longer: Level",
    ),
    "a kind of event is gone": (
        lambda made: made["webhooks"].pop("clients.created"),
        "HOOK clients.created: the operation is gone",
    ),
    "a field of events is gone": (
        lambda made: _schema("EventData")(made)["properties"].pop("revision"),
        "schema EventData.revision: it is gone",
    ),
    "a field of events is of another type": (
        lambda made: _schema("EventData")(made)["properties"]["revision"].update(type="string"),
        "schema EventData.revision: answers may be what they were not: string",
    ),
    "events are not signed": (
        lambda made: _hear(made).pop("parameters"),
        "HOOK clients.created < header webhook-signature: it is gone",
    ),
    "events may be unsigned": (
        lambda made: made["components"]["parameters"]["webhook-signature"].pop("required"),
        "HOOK clients.created < header webhook-signature: it may be missing now",
    ),
    "events are posted as something else": (
        lambda made: _hear(made)["requestBody"].update(content={"text/csv": {}}),
        "HOOK clients.created < body: contents are gone: application/json",
    ),
    "an answer of receivers is not understood": (
        lambda made: _hear(made)["responses"].pop("410"),
        "HOOK clients.created > 410: it is gone",
    ),
    "what was open wants a token": (
        lambda made: made["paths"][LOGIN]["post"].update(security=[{"HTTPBearer": []}]),
        "POST /v1/auth/login: it was open",
    ),
}


def _tell_in_layers(made: Schema) -> None:
    """Tell a page as what all pages have, and its records laid over that."""
    content = _clients(made)["responses"]["200"]["content"]["application/json"]
    records = content["schema"]["properties"].pop("records")
    content["schema"] = {"allOf": [content["schema"], {"properties": {"records": records}}]}


HARMLESS: dict[str, Callable[[Schema], object]] = {
    "a code that never came there": _narrow,
    "words": lambda made: _client(made)["first_name"].update(description="Another sentence."),
    "an operation more": lambda made: made["paths"].update({"/v1/new": {"get": deepcopy(_clients(made))}}),
    "a field more in an answer": lambda made: _client(made).update(new={"type": "string"}),
    "a field more that may be sent": lambda made: _sent(made).update(new={"type": "string"}),
    "a parameter more that may be sent": lambda made: _clients(made)["parameters"].append(
        {"name": "studio", "in": "query", "schema": {"type": "string"}}
    ),
    "more may be sent": lambda made: _sent(made)["first_name"]["anyOf"][0].update(maxLength=9_999),
    "another way in": lambda made: _clients(made)["security"].append({"ApiKey": []}),
    "an answer told in layers": _tell_in_layers,
    "another default of an answer": lambda made: _client(made)["revision"].update(default=7),
    "a kind of event more": lambda made: made["webhooks"].update({"new.created": {"post": _hear(made)}}),
    "a header more of events": lambda made: _hear(made)["parameters"].append(
        {"name": "webhook-new", "in": "header", "required": True, "schema": {"type": "string"}}
    ),
    "an answer more that receivers may give": lambda made: _hear(made)["responses"].update(
        {"202": {"description": "Later."}}
    ),
    "a field more of events": lambda made: _schema("EventData")(made)["properties"].update(
        new={"type": "string"}
    ),
    "a status more": lambda made: _clients(made)["responses"].update(
        {"418": {"description": "No.", "content": {"application/problem+json": {"examples": {"tea": {}}}}}}
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_a_client_is_found(name: str) -> None:
    change, words = BREAKS[name]
    found = _changed(change)
    assert any(words in each for each in found), found


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_is_let_through(name: str) -> None:
    assert _changed(HARMLESS[name]) == []


def test_one_of_two_ways_to_send_a_text_is_narrower() -> None:
    def sending(longest: int) -> Surface:
        arms = [{"type": "string", "maxLength": longest}, {"type": "string", "format": "uuid"}]
        body = {"content": {"application/json": {"schema": {"anyOf": arms}}}}
        post = {"operationId": "x", "requestBody": body, "responses": {}}
        made = {"info": {"version": "1.0.0"}, "components": {"schemas": {}}, "paths": {"/x": {"post": post}}}
        return surface(made)

    assert "less is taken: maxLength" in str(*broken(sending(80), sending(8)))
    assert broken(sending(8), sending(80)) == []


def test_a_surface_is_kept_and_read_as_it_was() -> None:
    whole = surface(BEFORE)
    assert read(whole.text()) == whole


@pytest.mark.parametrize(
    ("before", "after", "is_allowed"),
    [
        ("0.1.0", "0.1.9", False),
        ("0.1.0", "0.2.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
    ],
)
def test_promises_end_with_a_version(before: str, after: str, *, is_allowed: bool) -> None:
    assert may_break(Surface(before, {}), Surface(after, {})) is is_allowed


def test_the_document_keeps_what_is_released(repository: Path) -> None:
    """What `--check` would refuse, and the file it is compared with can be read."""
    before = read((repository / "openapi" / "released.txt").read_text(encoding="utf-8"))
    after = surface(BEFORE)
    assert may_break(before, after) or broken(before, after) == []
