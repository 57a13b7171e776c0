"""Where an answer leads: links from what an operation has made or read to what can be done with it next."""

from collections.abc import Iterator, Mapping

from app.openapi.records import Schema

_MADE = "$response.body#/id"
_ID = "record_id"
_BY_HAND: Mapping[tuple[str, str], Mapping[str, tuple[str, str]]] = {
    ("auth_login", "200"): {
        "refresh": ("auth_refresh", "Prolong the sign-in by the refresh token in this answer."),
        "manifest": ("sync_manifest", "See what can be synced, with the access token in this answer."),
        "pull": ("sync_pull", "Get the studio's records, as a phone, without a cursor at first."),
    },
    ("sync_manifest", "200"): {"pull": ("sync_pull", "Get the records of the collections told here.")},
    ("sync_pull", "200"): {
        "next": ("sync_pull", "Get the next page by the `cursor` of this one, while there is more."),
        "push": ("sync_push", "Send what the user did, as it was done on these records."),
        "wait": ("sync_wait", "Wait until there is more."),
    },
    ("sync_push", "200"): {"pull": ("sync_pull", "Get what became of it, and what others did.")},
}
_NEXT = {
    "create": ("read", "change", "delete"),
    "read": ("change", "delete"),
    "change": ("read",),
}
"""What can be done with one record after something was done with it; after a command it can be read."""
_WORDS = {
    "read": "Read the record.",
    "change": "Change the record; `If-Match` is the `ETag` of this answer.",
    "delete": "Delete the record; `If-Match` is the `ETag` of this answer.",
}
_STALE = ("change", "delete")


def link(made: Schema) -> None:
    """Put links into the answers of operations: by hand for sign-in and sync, by rule for the desk's."""
    operations = {
        each["operationId"]: (path, each) for path, verbs in made["paths"].items() for each in verbs.values()
    }
    for (name, status), links in _BY_HAND.items():
        answer = operations[name][1]["responses"][status]
        answer["links"] = {
            called: {"operationId": target, "description": words} for called, (target, words) in links.items()
        }
    for name, (path, operation) in operations.items():
        tag = operation["tags"][0]
        if f"{tag}_read" not in operations or not _is_desk_s(operations[f"{tag}_read"][0], tag):
            continue
        is_command = path.count("/") > operations[f"{tag}_read"][0].count("/")
        follows = ("read",) if is_command else _NEXT.get(name.removeprefix(f"{tag}_"), ())
        for answer in _of_one_record(operation):
            found = {each: _next(tag, each) for each in follows if f"{tag}_{each}" in operations}
            if found:
                answer["links"] = found


def _is_desk_s(path: str, tag: str) -> bool:
    return path == f"/v1/{tag}/{{{_ID}}}"


def _of_one_record(operation: Schema) -> Iterator[Schema]:
    for status in ("200", "201"):
        if answer := operation["responses"].get(status):
            yield answer


def _next(tag: str, name: str) -> Schema:
    match = {"If-Match": "$response.header.ETag"} if name in _STALE else {}
    return {
        "operationId": f"{tag}_{name}",
        "parameters": {_ID: _MADE, **match},
        "description": _WORDS[name],
    }
