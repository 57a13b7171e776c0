"""A studio with triggers, whose clock a test holds, and whose letters arrive at a server of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.automations.jobs import look_after
from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.studio.starter import starter_id
from app.sync import records
from app.sync.store import Write, write
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.outbox.posting import Office, new_office
from tests.samples import sample

Json = dict[str, Any]
PUBLIC_URL = "https://studio.example"
TEXT = "Dear [[ClientFirstName]], all is well."


def at(text: str) -> datetime:
    """Return an instant of its ISO form."""
    return datetime.fromisoformat(text)


MONDAY = at("2027-05-03T16:00:00+00:00")
"""Ten in the morning in Denver."""


@dataclass
class Scene:
    """A studio in Denver, its desk, and who sends its letters."""

    office: Office
    desk: Desk

    @property
    def studio(self) -> Studio:
        return self.office.studio

    @property
    def account_id(self) -> UUID:
        return self.office.account_id

    async def holds(self, instant: datetime) -> None:
        """Hold the clock, and sign in anew: a desk's token does not last for days."""
        clock.hold(instant)
        self.desk = await at_a_desk(self.studio)

    async def begins(self) -> None:
        """Begin with no trigger, at ten on a Monday."""
        await self.office.forgets()
        for table in ("trigger_occurrences", "triggers"):
            await self.studio.execute(f"DELETE FROM {table} WHERE account_id = $1")
        await self.holds(MONDAY)

    def listed(self, collection: str, key: str) -> str:
        """Return an entry of a list as the account began with it."""
        return str(starter_id(self.account_id, collection, key))

    async def asks(self, verb: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Json:
        """Ask something that must be answered so."""
        answer = await self.desk.ask(verb, path, body, **headers)
        assert answer.status_code == status, answer.text
        return dict(answer.json()) if answer.content else {}

    async def template(self, basis: str = "session", **said: Any) -> str:
        """Save a template."""
        usual = {
            "name": uuid4().hex,
            "kind": "form_letter",
            "basis": basis,
            "subject": "A word",
            "text": TEXT,
        }
        return str((await self.asks("POST", "templates", {**usual, **said}, 201))["id"])

    async def trigger(self, kind: str = "session_status", **said: Any) -> Json:
        """Make a trigger that sends an email, unless something else is said."""
        usual: Json = {"name": "A trigger", "kind": kind, "action": "email"}
        if kind == "session_status":
            usual["status_id"] = self.listed("session_statuses", "images_online")
        body = {**usual, **said}
        if body["action"] in {"email", "text", "letter"} and "template_id" not in body:
            body["template_id"] = await self.template(kind.split("_", maxsplit=1)[0])
        return await self.asks("POST", "triggers", body, 201)

    async def writes(
        self, collection: str, record_id: str, *, is_history: bool = False, **fields: Any
    ) -> None:
        """Have the server write a record, and a second pass."""
        async with self.studio.database.writing(self.account_id) as session:
            session.brings_history = is_history
            who = Principal.system(self.account_id)
            await write(session, who, [Write(collection, UUID(record_id), fields)])
        clock.hold(clock.now() + timedelta(seconds=1))

    async def has(self, collection: str, **fields: Any) -> str:
        """Have a record, and return its id."""
        record_id = str(uuid4())
        await self.writes(collection, record_id, **fields)
        return record_id

    async def client(self, **fields: Any) -> str:
        """Have a client with an email address of their own, and a telephone."""
        phone = {"id": str(uuid4()), "label": "Mobile", "number": "(518) 555-0123", "is_sms_enabled": True}
        usual = {"first_name": "Laura", "email": f"c{uuid4().hex}@hartley.example", "phones": [phone]}
        return await self.has("clients", **sample("clients", **{**usual, **fields}))

    async def session(self, client_id: str | None = None, **fields: Any) -> str:
        """Have a session of a client."""
        return await self.has("sessions", client_id=client_id or await self.client(), **fields)

    async def runs(self) -> None:
        """Have done what is to be done by now."""
        assert await look_after(self.studio.database, self.account_id, PUBLIC_URL)

    async def due(self) -> datetime | None:
        """Return when the account is next due."""
        [row] = await self.studio.execute(
            "SELECT automations_due_at AS due FROM account_directory WHERE account_id = $1"
        )
        found: datetime | None = row["due"]
        return found

    async def queue(self, **asked: str) -> list[Json]:
        """Return the queue, the oldest first."""
        told = await self.asks("GET", f"trigger-queue?{httpx.QueryParams(asked)}")
        return list(reversed(told["occurrences"]))

    async def states(self) -> list[tuple[str, str | None]]:
        """Return how far all occurrences have come, with why nothing came of them."""
        return [(each["state"], each["code"]) for each in await self.queue()]

    async def read(self, collection: str, record_id: str) -> Json:
        """Read a record, whoever may see it."""
        async with self.studio.database.reading(self.account_id) as session:
            found = await records.find(session, collection, UUID(record_id))
        assert found is not None
        return dict(found)

    async def of(self, collection: str, client_id: str) -> list[Json]:
        """Return the records of a client."""
        rows = await self.studio.execute(
            f"SELECT id FROM {collection} WHERE account_id = $1 AND client_id = $2 ORDER BY created_at",
            UUID(client_id),
        )
        return [await self.read(collection, str(row["id"])) for row in rows]


@asynccontextmanager
async def new_scene(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    """Make a studio."""
    async with new_office(database, house, http) as office:
        yield Scene(office, office.desk)
