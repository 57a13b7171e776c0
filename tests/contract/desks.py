"""A desk that speaks HTTP to the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson
from jsonschema import Draft202012Validator

from app.sync.registry import Collection
from tests.accounts.studios import Studio, bearer
from tests.contract.phones import Record
from tests.document import DOCUMENT

SOMETIMES = {"Idempotent-Replayed", "Content-Location", "RateLimit", "RateLimit-Policy"}
_CASES = {"etag": "ETag", "location": "Location"}


@dataclass(frozen=True)
class Desk:
    """Somebody who has signed in without a phone."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, verb: str, path: str, body: Any = None, **headers: str | None) -> httpx.Response:
        """Ask anything; `if_match="*"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        return await self.client.request(verb, f"/v1/{path}", json=body, headers={**self.headers, **named})

    async def create(self, collection: Collection, fields: Record, **headers: str) -> httpx.Response:
        """Create a record."""
        return await self.ask("POST", collection.name, fields, **headers)

    async def read(self, collection: Collection, record_id: UUID | str, **headers: str) -> httpx.Response:
        """Read a record."""
        return await self.ask("GET", f"{collection.name}/{record_id}", **headers)

    async def change(
        self,
        collection: Collection,
        record_id: UUID | str,
        fields: Record,
        if_match: str | None = "*",
        **headers: str,
    ) -> httpx.Response:
        """Change a record."""
        path = f"{collection.name}/{record_id}"
        return await self.ask("PATCH", path, fields, if_match=if_match, **headers)

    async def delete(
        self, collection: Collection, record_id: UUID | str, if_match: str | None = "*", **headers: str
    ) -> httpx.Response:
        """Delete a record."""
        return await self.ask("DELETE", f"{collection.name}/{record_id}", if_match=if_match, **headers)

    async def all(
        self, collection: Collection, limit: int = 500, naming: Mapping[str, str] | None = None
    ) -> list[Record]:
        """Return the whole list, page by page."""
        records: list[Record] = []
        asked = {"limit": str(limit), **(naming or {})}
        while True:
            answer = await self.ask("GET", f"{collection.name}?{httpx.QueryParams(asked)}")
            assert answer.status_code == 200, answer.text
            records += answer.json()["records"]
            if answer.json()["next_page"] is None:
                return records
            asked["page"] = answer.json()["next_page"]


def as_documented(collection: Collection, doing: str, answer: httpx.Response) -> bool:
    """Say whether an answer, and the body that was sent for it, are as the API document tells."""
    operations = (each for verbs in DOCUMENT["paths"].values() for each in verbs.values())
    operation = next(each for each in operations if each["operationId"] == f"{collection.name}_{doing}")
    told = operation["responses"][str(answer.status_code)]
    assert set(told.get("headers", {})) - SOMETIMES <= {_CASES.get(name, name) for name in answer.headers}
    shapes = [(told, answer.content)]
    if "requestBody" in operation:
        shapes.append((operation["requestBody"], answer.request.content))
    return all(_fits(shape, content) for shape, content in shapes)


def _fits(told: Record, content: bytes) -> bool:
    schema = {**told["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = [
        f"{each.json_path}: {each.message[:200]}" for each in validator.iter_errors(orjson.loads(content))
    ]
    assert not errors, errors
    return True


async def at_a_desk(studio: Studio, **who: Any) -> Desk:
    """Sign in at a desk, as the administrator unless somebody else is named."""
    signed_in = await studio.signed_in(**{"initials": "JD", "device": None, **who})
    return Desk(studio.client, bearer(signed_in))


def told(answer: httpx.Response) -> Record:
    """Return the record a write answers with, as it is read or pulled: without the warnings beside it."""
    return {name: value for name, value in answer.json().items() if name != "warnings"}
