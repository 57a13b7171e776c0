"""A phone whose local copy is repaired, when the server says that it can be."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.accounts.studios import Studio, bearer
from tests.digests import digest_of

Record = dict[str, Any]
Key = tuple[str, str]


@dataclass
class Phone:
    """A phone of the photographer's, one local copy on it, and one stream of numbered changes."""

    studio: Studio
    uid: UUID = field(default_factory=uuid4)
    headers: dict[str, str] = field(default_factory=dict)
    device_id: str = ""
    cursor: str | None = None
    collections: list[str] | None = None
    records: dict[Key, Record] = field(default_factory=dict)
    stream: str = field(default_factory=lambda: uuid4().hex)
    next: int = 1
    repaired: int = 0

    async def sign_in(self) -> None:
        answer = await self.studio.signed_in(device=self.studio.phone(self.uid))
        self.headers, self.device_id = bearer(answer), answer["device"]["id"]

    async def ask(self, path: str, **body: Any) -> httpx.Response:
        return await self.studio.client.post(f"/v1/sync/{path}", json=body, headers=self.headers)

    async def page(self) -> httpx.Response:
        """Ask for one page and do not keep it."""
        return await self.ask("pull", cursor=self.cursor, collections=self.collections)

    async def pull(self) -> None:
        """Pull to a consistent point."""
        has_more = True
        while has_more:
            answer = await self.page()
            assert answer.status_code == 200, answer.text
            page = answer.json()
            if page["replace"]:
                self.records.clear()
            self._keep(page["changes"])
            self.cursor, has_more = page["cursor"], page["has_more"]

    async def acknowledge(self) -> None:
        """Pull, and come back with what was given."""
        await self.pull()
        await self.pull()

    async def push(self, *changes: Record) -> list[Record]:
        """Send changes under the next numbers; behind a gap, under those that are expected."""
        numbered = [{"n": n, **change} for n, change in enumerate(changes, self.next)]
        answer = await self.ask("push", stream=self.stream, first=self.next, changes=numbered)
        if answer.status_code == 409 and answer.json()["code"] == "stream_gap":
            self.next = answer.json()["expected"]
            return await self.push(*changes)
        assert answer.status_code == 200, answer.text
        self.next = answer.json()["last"] + 1
        results: list[Record] = answer.json()["results"]
        return results

    async def reconcile(self) -> None:
        """Compare what is held, bucket by bucket, and take what differs."""
        self.repaired = 0
        told = (await self.ask("verify", cursor=None, collections=self.collections)).json()
        for name in sorted({name for name, _ in self.records} | told["digests"].keys()):
            if told["digests"].get(name, digest_of({})) != digest_of(self._held(name)):
                await self._repair(told["cursor"], name)
        self.cursor = told["cursor"]

    async def _repair(self, cursor: str, name: str) -> None:
        buckets = (await self.ask("verify", cursor=cursor, collection=name)).json()["buckets"]
        mine: dict[str, dict[str, int]] = {bucket: {} for bucket in buckets}
        for record_id, revision in self._held(name).items():
            mine.setdefault(record_id[-2:], {})[record_id] = revision
        differing = {each: held for each, held in mine.items() if buckets.get(each) != digest_of(held)}
        repair = (await self.ask("verify", cursor=cursor, collection=name, held=differing)).json()
        assert not repair["has_more"]
        self._keep(repair["changes"])

    def _held(self, name: str) -> dict[str, int]:
        return {record_id: each["revision"] for (of, record_id), each in self.records.items() if of == name}

    def _keep(self, changes: dict[str, Any]) -> None:
        for name, each in changes.items():
            self.repaired += len(each["put"]) + len(each["del"]) + len(each["evict"])
            self.records |= {(name, record["id"]): record for record in each["put"]}
            for record_id in (*each["del"], *each["evict"]):
                self.records.pop((name, record_id), None)
