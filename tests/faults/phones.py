"""A phone that keeps a log: what it sent under which number, and what it was answered."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx

from tests.accounts.studios import bearer
from tests.samples import sample

Json = dict[str, Any]
SHARED = "7d2c9a5e-0c63-4f0b-9b57-3f1f8f6f6a01"
"""A client both phones change, so that some changes are refused."""
_NOWHERE = "00000000-0000-4000-8000-000000000001"


@dataclass
class Phone:
    """Pushes numbered changes of every sort, and sends the same again until it is answered."""

    client: httpx.AsyncClient
    signed_in: Json
    seed: int
    log: list[Json] = field(default_factory=list)
    verdicts: dict[int, Json] = field(default_factory=dict)
    made: list[Json] = field(default_factory=list)
    pushes: int = 0
    unanswered: int = 0
    stream: str | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - a repeatable run, no secret
        self.headers = bearer(self.signed_in)

    @property
    def device_id(self) -> UUID:
        return UUID(self.signed_in["device"]["id"])

    @property
    def applied(self) -> list[tuple[Json, Json]]:
        """Return the changes that were applied, each with its verdict."""
        answered = ((self.log[n - 1], verdict) for n, verdict in sorted(self.verdicts.items()))
        return [(change, verdict) for change, verdict in answered if verdict["verdict"] == "applied"]

    def write(self) -> list[Json]:
        """Let the user do one to four things, and return their changes under the next numbers."""
        first = len(self.log) + 1
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.choice((self._single, self.family, self._edit, self._clash, self._doomed))
            for change in kind():
                self.log.append({"n": len(self.log) + 1, **change})
        return self.log[first - 1 :]

    async def send(self, changes: list[Json]) -> httpx.Response:
        """Send changes once."""
        self.pushes += 1
        body = {"first": changes[0]["n"], "changes": changes}
        body |= {"stream": self.stream} if self.stream else {}
        return await self.client.post("/v1/sync/push", json=body, headers=self.headers)

    async def deliver(self, changes: list[Json]) -> bool:
        """Send changes and note their verdicts; false when there was none and they must be sent again."""
        try:
            answer = await self.send(changes)
        except httpx.TransportError:
            self.unanswered += 1
            return False
        if answer.status_code != 200:
            self.unanswered += 1
            assert answer.status_code in (429, 503), answer.text
            assert int(answer.headers["Retry-After"]) > 0
            return False
        self.note(answer)
        return True

    def note(self, answer: httpx.Response) -> None:
        """Note verdicts; a number that has one must get the same again."""
        for verdict in answer.json()["results"]:
            change = self.log[verdict["n"] - 1]
            if verdict["n"] not in self.verdicts and (verdict["verdict"], change["op"]) == (
                "applied",
                "create",
            ):
                self.made.append(change)
            assert self.verdicts.setdefault(verdict["n"], verdict) == verdict

    async def use(self, over: asyncio.Event, answers: "asyncio.Queue[None]") -> None:
        """Push until it is over, the same again until there is an answer; tell of each answer."""
        while not over.is_set():
            changes = self.write()
            while not await self.deliver(changes):
                continue
            answers.put_nowait(None)

    async def first_sync(self) -> dict[str, Json]:
        """Return every record the studio has, by id, as a phone that held nothing; not what was refused."""
        records: dict[str, Json] = {}
        page: Json = {"cursor": None, "has_more": True}
        while page["has_more"]:
            asked = {"cursor": page["cursor"], "max_rows": 500}
            answer = await self.client.post("/v1/sync/pull", json=asked, headers=self.headers)
            page = answer.raise_for_status().json()
            page["changes"].pop("inbox", None)
            for changes in page["changes"].values():
                for record in changes["put"]:
                    assert record["id"] not in records
                    records[record["id"]] = record
        return records

    def _single(self) -> list[Json]:
        return [self._create("clients", self._id(), last_name=f"Client {len(self.log)} of {self.seed}")]

    def family(self) -> list[Json]:
        """Make a client and her tasks in one save."""
        name, client = f"family {len(self.log)}", self._id()
        tasks = [
            self._create("tasks", self._id(), client_id=client) for _ in range(self.random.randint(2, 5))
        ]
        return [{**each, "group": name} for each in (self._create("clients", client), *tasks)]

    def _doomed(self) -> list[Json]:
        """Make a client and a task of somebody who does not exist: neither may be kept."""
        task = self._create("tasks", self._id(), client_id=_NOWHERE)
        group = {"group": f"doomed {len(self.log)}"}
        return [{**self._create("clients", self._id()), **group}, {**task, **group}]

    def _edit(self) -> list[Json]:
        """Change a record this phone made."""
        if not self.made:
            return self._single()
        record = self.random.choice(self.made)
        return [self._patch(record["collection"], record["id"])]

    def _clash(self) -> list[Json]:
        """Change what the other phone changes too, as if nothing had been pulled since."""
        return [self._patch("clients", SHARED)]

    def _patch(self, collection: str, record_id: str) -> Json:
        name = "subject" if collection == "tasks" else "last_name"
        change = {"collection": collection, "id": record_id, "op": "patch", "base_revision": 0}
        return {**change, "fields": {name: f"Edit {len(self.log)} of {self.seed}"}}

    def _create(self, collection: str, record_id: str, **fields: Any) -> Json:
        return {
            "collection": collection,
            "id": record_id,
            "op": "create",
            "fields": sample(collection, **fields),
        }

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))
