"""The desk's part of the document: its routes told once for each collection, with that one's own schemas."""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy

from app.accounts import features
from app.desk import paths
from app.desk.errors import judged
from app.desk.schemas import RecordPage
from app.http.deprecation import MARK, is_told_of
from app.openapi.records import Schema, add_sent, listed, record_name, ref
from app.openapi.refusals import forget
from app.openapi.verdicts import refused_with
from app.sync.commands import Command
from app.sync.registry import Collection
from app.sync.schemas import Operation

_JSON = "application/json"
_OWN = "desk_"
_OF_ADDRESS = ("collection", "command")
_SOME_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"

HEADERS: Schema = {
    "ETag": {
        "description": "The record's `revision` in quotes, to be sent as `If-Match` or `If-None-Match`.",
        "schema": {"type": "string", "examples": ['"17"']},
    },
    "Location": {
        "description": "Where the new record is.",
        "schema": {"type": "string", "examples": [f"/v1/clients/{_SOME_ID}"]},
    },
    "Content-Location": {
        "description": "Where the record is that has taken the place of the one named, if one has.",
        "schema": {"type": "string", "examples": [f"/v1/clients/{_SOME_ID}"]},
    },
    "Idempotent-Replayed": {
        "description": "`true` where a request with this `Idempotency-Key` was answered before.",
        "schema": {"type": "string", "examples": ["true"]},
    },
}


def expand(made: Schema) -> None:
    """Put the routes of each collection, and of each of its commands, in the place of those for any."""
    templates = dict(_taken_out(made["paths"]))
    made["components"]["headers"] = HEADERS
    for collection in paths.readable():
        made["tags"].append({"name": collection.name, "description": collection.description})
        for name, command in _operations(collection):
            path, verb, template = templates[name]
            address = path.format(
                collection=collection.name, command=command.name if command else "", record_id="{record_id}"
            )
            found = made["paths"].setdefault(address, {})
            if verb in found:
                raise TypeError(f"{address} is there already: no collection can have that name")
            found[verb] = _operation(deepcopy(template), name, collection, command)
    for collection in paths.changeable():
        add_sent(made["components"]["schemas"], collection)


def _taken_out(found: Schema) -> Iterator[tuple[str, tuple[str, str, Schema]]]:
    for path, verbs in list(found.items()):
        for verb, operation in list(verbs.items()):
            if operation["operationId"].startswith(_OWN):
                yield operation["operationId"].removeprefix(_OWN), (path, verb, operation)
                del verbs[verb]
        if not verbs:
            del found[path]


def _operations(collection: Collection) -> Iterator[tuple[str, Command | None]]:
    """Yield what can be asked of a collection, by the name of its template."""
    yield from (("list", None), ("read", None))
    done = {"create": collection.is_made_at_desk, "change": collection.is_changed_at_desk}
    done["delete"] = done["create"]
    yield from ((name, None) for name, is_done in done.items() if is_done)
    for command in paths.commands_of(collection):
        yield "command", command


def _operation(made: Schema, name: str, collection: Collection, command: Command | None) -> Schema:
    one = _one(collection)
    if MARK in made and not is_told_of(made[MARK], collection.name):
        del made[MARK]
    whole = f"List {_words(collection.name)}" if name == "list" else f"{made['summary']} {one}"
    made |= {
        "tags": [collection.name],
        "operationId": f"{collection.name}_{command.name if command else name}",
        "summary": _words(command.name).capitalize() if command else whole,
        "description": "\n\n".join(_sentences(made["description"], name, collection, command)),
        "parameters": [
            *_parameters(made["parameters"], name, command),
            *(_filters(collection) if name == "list" else ()),
        ],
    }
    if "requestBody" in made:
        sent = command.takes.__name__ if command else f"{record_name(collection)}{_SENT[name]}"
        needed = command is None or any(it.is_required() for it in command.takes.model_fields.values())
        made["requestBody"] = {"required": needed, "content": {_JSON: {"schema": ref(sent)}}}
    refused = {status: each for status, each in made["responses"].items() if status >= "400"}
    if name in _WRITES:
        possible = {each.code for each in refused_with(collection, _WRITES[name], command)}
        for each in refused.values():
            forget(each, {kind.code for kind in judged()} - possible)
    made["responses"] = {**_answers(name, record_name(collection)), **refused}
    return made


_WRITES = {
    "create": Operation.CREATE,
    "change": Operation.PATCH,
    "delete": Operation.DELETE,
    "command": Operation.COMMAND,
}
_SENT = {"create": "Create", "change": "Patch"}


def _sentences(told: str, name: str, collection: Collection, command: Command | None) -> Iterator[str]:
    if command:
        yield command.description
    yield told
    if name == "list":
        yield collection.description
    feature = features.named(collection.feature or "")
    if name in {*_SENT, "delete"} and feature and feature.is_guarded:
        yield "For administrators."


def _parameters(given: Iterable[Schema], name: str, command: Command | None) -> Iterator[Schema]:
    needed = {"If-Match"} if name in ("change", "delete") else set[str]()
    needed |= {"Idempotency-Key"} if command and command.is_keyed else set[str]()
    for each in given:
        if each["name"] in _OF_ADDRESS:
            continue
        is_needed = each["name"] in needed
        yield {**each, "required": True} if is_needed else each


def _filters(collection: Collection) -> Iterator[Schema]:
    for spec in collection.links:
        yield {
            "name": spec.name,
            "in": "query",
            "required": False,
            "description": f"Only those whose `{spec.name}` names this record.",
            "schema": {"type": "string", "format": "uuid", "examples": [_SOME_ID]},
        }


def _answers(name: str, record: str) -> Schema:
    """Return what a request is answered with when nothing stands in its way."""
    written = {"allOf": [ref(record), ref("WriteAnswer")]}
    replayed = "Idempotent-Replayed"
    return {
        "list": {"200": _answer("A page of the list.", listed(RecordPage, record, "Page", "records"))},
        "read": {
            "200": _answer("The record.", ref(record), "ETag"),
            "304": _answer("The copy at hand is the current one.", None, "ETag"),
        },
        "create": {
            "200": _answer("It was there already, as it was sent.", written, "ETag", replayed),
            "201": _answer("The record, as it was created.", written, "ETag", "Location", replayed),
        },
        "change": {"200": _answer("The record as it is now.", written, "ETag", replayed)},
        "delete": {"204": _answer("It is gone.", None, replayed)},
        "command": {
            "200": _answer("The record as it is now.", written, "ETag", "Content-Location", replayed),
            "204": _answer("There is no such record any more.", None, replayed),
        },
    }[name]


def _answer(description: str, schema: Schema | None, *headers: str) -> Schema:
    told: Schema = {"description": description}
    if headers:
        told["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if schema:
        told["content"] = {_JSON: {"schema": schema}}
    return told


def _words(name: str) -> str:
    return name.replace("_", " ")


def _one(collection: Collection) -> str:
    """Return one record of a collection in words, such as `an invoice`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", record_name(collection)).lower()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
