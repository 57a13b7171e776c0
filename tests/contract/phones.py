"""A phone that speaks HTTP to the house, and the local copies it keeps."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.accounts.studios import Studio, bearer

Record = dict[str, Any]


@dataclass
class Phone:
    """A phone that has signed in, with one stream of numbered changes."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    user_id: str
    stream: str = field(default_factory=lambda: uuid4().hex)
    next: int = 1

    async def post(self, path: str, body: Any) -> httpx.Response:
        """Ask something that must be answered."""
        answer = await self.client.post(f"/v1/sync/{path}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer

    async def send(self, *changes: Record) -> httpx.Response:
        """Send changes under the next numbers of the stream."""
        numbered = [{"n": n, **change} for n, change in enumerate(changes, self.next)]
        answer = await self.post("push", {"stream": self.stream, "first": self.next, "changes": numbered})
        self.next += len(changes)
        return answer

    async def push(self, *changes: Record) -> list[Record]:
        """Send changes and return their verdicts."""
        results: list[Record] = (await self.send(*changes)).json()["results"]
        return results

    async def must_push(self, *changes: Record) -> None:
        """Send changes that must all be applied."""
        results = await self.push(*changes)
        assert all(result["verdict"] == "applied" for result in results), results

    async def copy(self, *collections: str) -> "Copy":
        """Begin a local copy of some collections, or of all, with what there is now."""
        copy = Copy(self, list(collections) or None)
        await copy.pull()
        return copy


@dataclass
class Copy:
    """A local copy of some collections: what a first sync brought, and every pull since."""

    phone: Phone
    collections: list[str] | None
    cursor: str | None = None
    records: dict[str, Record] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    async def pull(self) -> list[Record]:
        """Pull to a consistent point and return the pages; `gone` is what they told to be deleted."""
        self.gone = []
        pages: list[Record] = []
        while not pages or pages[-1]["has_more"]:
            asked = {"cursor": self.cursor, "collections": self.collections}
            pages.append((await self.phone.post("pull", asked)).json())
            self._keep(pages[-1])
        return pages

    def _keep(self, page: Record) -> None:
        for changes in page["changes"].values():
            self.records |= {record["id"]: record for record in changes["put"]}
            self.gone += changes["del"]
            for record_id in [*changes["del"], *changes["evict"]]:
                self.records.pop(record_id, None)
        self.cursor = page["cursor"]


def change(op: str, collection: str, record_id: UUID, **fields: Any) -> Record:
    """Return a change to be numbered, made by somebody who saw all there was."""
    base = 2**53 - 1
    return {
        "op": op, "collection": collection, "id": str(record_id), "base_revision": base, "fields": fields
    }  # fmt: skip


async def signed_in(studio: Studio) -> Phone:
    """Sign a new phone in on a free row."""
    answer = await studio.signed_in(device=studio.phone())
    return Phone(studio.client, bearer(answer), answer["user"]["id"])
