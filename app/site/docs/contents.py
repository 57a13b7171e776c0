"""What of the document is told where: operations with their tag, schemas with what alone uses them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.openapi.records import REF, Schema
from app.site.docs.places import SCHEMAS, Place, Places, page_of

_EVERYWHERE = {"sync", "feed"}
"""Tags that answer with records of every collection: what they share with one collection is told there."""
_REFUSED = "400"


class Contents:
    """The document by its tags."""

    def __init__(self, made: Schema) -> None:
        """Take the document."""
        self._made = made
        self._schemas: Schema = made["components"]["schemas"]
        self.tags: Mapping[str, Schema] = {each["name"]: each for each in made["tags"]}

    def operations(self, tag: str) -> Iterator[tuple[str, str, Schema]]:
        """Yield the verb, the address and the rest of each operation of a tag."""
        for path, verbs in self._made["paths"].items():
            for verb, operation in verbs.items():
                if tag in operation["tags"]:
                    yield verb.upper(), path, operation

    def events(self, tag: str) -> Iterator[tuple[str, Schema]]:
        """Yield what is posted to others, by its name."""
        for name, verbs in self._made.get("webhooks", {}).items():
            for posted in verbs.values():
                if tag in posted["tags"]:
                    yield name, posted

    def places(self, codes: Iterable[str], ending: str) -> Places:
        """Return where everything is told: a schema many use is told on the page of schemas."""
        places = Places(ending, codes={each for each in codes if "_" in each})
        for tag in self.tags:
            for verb, path, operation in self.operations(tag):
                name = operation["operationId"]
                places.operations[name] = Place(page_of(tag), name)
                places.addresses[f"{verb} {path}"] = name
        users = self._users()
        for name in self._schemas:
            found = users.get(name, set())
            [only, *others] = [*(found - _EVERYWHERE or found)] or [""]
            places.schemas[name] = Place(page_of(only) if only and not others else SCHEMAS, name)
        return places

    def bodies(self, places: Places) -> Mapping[str, str]:
        """Return what is sent to one operation alone, with that: it is told there, field by field."""
        sent: dict[str, list[str]] = {}
        for tag in self.tags:
            for _, _, operation in self.operations(tag):
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    sent.setdefault(_name(content["schema"]), []).append(operation["operationId"])
        within = {each for schema in self._schemas.values() for each in _refs(schema)}
        return {
            name: first
            for name, [first, *others] in sent.items()
            if name
            and not others
            and name not in within
            and places.schemas[name].page == places.operations[first].page
        }

    def _users(self) -> dict[str, set[str]]:
        """Return the tags whose operations, or events, lead to each schema."""
        found: dict[str, set[str]] = {}
        for tag in self.tags:
            told = (*(each for _, _, each in self.operations(tag)), *(each for _, each in self.events(tag)))
            for operation in told:
                for name in self._reached(operation):
                    found.setdefault(name, set()).add(tag)
        return found

    def _reached(self, operation: Schema) -> set[str]:
        """Return the schemas an operation leads to; refusals are of one shape, and count for nothing."""
        found: set[str] = set()
        waiting = [
            *_refs(operation.get("requestBody", {})),
            *_refs(operation.get("parameters", [])),
            *_refs({status: each for status, each in operation["responses"].items() if status < _REFUSED}),
        ]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += _refs(self._schemas[name])
        return found


def _refs(told: Any) -> Iterator[str]:
    """Yield the names of schemas that something refers to."""
    if isinstance(told, dict):
        if found := _name(told):
            yield found
        for each in told.values():
            yield from _refs(each)
    elif isinstance(told, list):
        for each in told:
            yield from _refs(each)


def _name(schema: Schema) -> str:
    target = schema.get("$ref", "")
    return target.removeprefix(REF) if isinstance(target, str) and target.startswith(REF) else ""
