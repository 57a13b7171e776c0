"""The API document as FastAPI makes it, completed with what only the registry knows."""

import orjson
from fastapi import FastAPI
from pydantic import TypeAdapter

from app.desk.schemas import WriteAnswer
from app.http import problems
from app.http.schemas import Answer
from app.openapi import answers, deprecating, desk, keys, linking, naming, refusals, webhooks
from app.openapi.records import REF, Schema, add, add_record, add_with_elements, listed, record_name, ref
from app.openapi.sharing import share
from app.openapi.texts import DESCRIPTION, SERVERS, TAGS, tag_groups
from app.sync import registry
from app.sync.commands import Command, commands
from app.sync.inbox import INBOX
from app.sync.refusals import change_refusals
from app.sync.schemas import CollectionChanges, StreamLine


def document(app: FastAPI) -> Schema:
    """Return the whole document; equal code gives equal documents."""
    app.openapi_schema = None
    made = FastAPI.openapi(app)
    made["info"]["description"] = DESCRIPTION
    made["servers"] = [*SERVERS]
    made["tags"] = [*TAGS]
    made["paths"] = _by_tag(made["paths"])
    schemas: Schema = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(problems.schemas())
    _add_lines(schemas)
    for collection in registry.collections():
        add_record(schemas, collection)
    for command in commands():
        add_with_elements(schemas, command.takes.__name__, _command(command))
    schemas["Change"]["properties"]["command"]["description"] += "".join(
        f"\n\n`{each.name}` of {', '.join(f'`{name}`' for name in each.collections)}: {each.description}"
        f" Sent along: [{each.takes.__name__}]({REF}{each.takes.__name__})."
        for each in commands()
    )
    schemas["PullAnswer"]["properties"]["changes"] |= _changes()
    codes = {kind.code: problems.description(kind) for kind in change_refusals()}  # type: ignore[arg-type]
    schemas["Verdict"]["properties"]["code"]["description"] += "".join(
        f"\n\n`{code}`: {sentence}" for code, sentence in codes.items()
    )
    for each in (WriteAnswer, webhooks.BODY):
        _add_answer(schemas, each)
    _add_entries(schemas["InboxPage"])
    keys.let_in(made, app.state.doors)
    desk.expand(made)
    keys.tell(made, app.state.doors)
    _say_what_is_open(made)
    naming.rename(made)
    answers.tell(made)
    linking.link(made)
    refusals.tell(made)
    deprecating.tell(made)
    share(made)
    tags = [each["name"] for each in made["tags"]]
    made["x-tagGroups"] = tag_groups(tags, {each.name for each in registry.collections()})
    webhooks.tell(made)
    made["components"]["schemas"] = {name: _titled(name, each) for name, each in sorted(schemas.items())}
    made["components"]["headers"] = {**made["components"]["headers"], **problems.headers(), **keys.HEADERS}
    return made


def text(app: FastAPI) -> bytes:
    """Return the document as it is committed."""
    return orjson.dumps(document(app), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"


def _say_what_is_open(made: Schema) -> None:
    """Say of the ways in, and of what anybody may read, that they need no token: it was not forgotten."""
    for verbs in made["paths"].values():
        for operation in verbs.values():
            operation.setdefault("security", [])


def _titled(name: str, schema: Schema) -> Schema:
    """Title a schema by its own name: generators name their classes by it, and two cannot have one."""
    return {**schema, "title": name}


def _by_tag(paths: Schema) -> Schema:
    """Order paths as their tags are, whatever order requests are matched in; those of the desk come last."""
    places = {tag["name"]: place for place, tag in enumerate(TAGS)}

    def place(path: str) -> int:
        [tag, *_] = next(iter(paths[path].values()))["tags"]
        return places.get(tag, len(places))

    return {path: paths[path] for path in sorted(paths, key=place)}


def _add_lines(schemas: Schema) -> None:
    """Describe the lines of a stream, which no route answers with as a whole."""
    made = TypeAdapter(StreamLine).json_schema(mode="serialization", ref_template=REF + "{model}")
    for name, inner in made.pop("$defs").items():
        schemas.setdefault(name, inner)
    schemas["StreamLine"] = {"description": "One line of a streamed pull.", **made}


def _add_entries(page: Schema) -> None:
    """Say what a page of the inbox is made of."""
    whole = ref(record_name(registry.numbered(registry.number_of(INBOX))))
    page["properties"]["entries"]["anyOf"][0]["items"] = whole


def _add_answer(schemas: Schema, model: type[Answer]) -> None:
    """Describe what a route answers as bytes, so that it is not seen in its code."""
    made = model.model_json_schema(mode="serialization", ref_template=REF + "{model}")
    for name, inner in made.pop("$defs", {}).items():
        add(schemas, name, inner)
    add(schemas, model.__name__, made)


def _command(command: Command) -> Schema:
    """Describe what is sent along with a command, in the `fields` of its change."""
    made: Schema = command.takes.model_json_schema(ref_template=REF + "{model}")
    return {**made, "description": f"The `fields` of the command `{command.name}`. {made['description']}"}


def _changes() -> Schema:
    return {
        "additionalProperties": False,
        "properties": {
            each.name: {
                **listed(CollectionChanges, record_name(each), "Changes", "put"),
                "description": each.description,
            }
            for each in registry.collections()
        },
    }
