"""An office whose texts go to a double of the provider, and a client with a phone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.core import clock
from app.core.principal import Principal
from app.outbox.texts import store
from app.outbox.texts.way import TextWay
from app.outbox.worker import Outbox
from app.sync import records
from app.sync.store import Write, write
from tests.contract.phones import Record
from tests.outbox.posting import Office
from tests.outbox.twilio_double import ACCOUNT, NUMBER, TOKEN, Provider
from tests.samples import named
from tests.serving import BASE_URL

PUBLIC_URL = "https://studio.example"
LINE = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": NUMBER}
LAURAS = "(518) 555-0123"
LAURAS_DIALLED = "+15185550123"
_ADDRESSES = count(1)


@dataclass
class Texting:
    """An office, the provider its texts go by, and where that brings what comes in."""

    office: Office
    provider: Provider
    http: httpx.AsyncClient
    outbox: Outbox
    way: TextWay
    hook: str = ""

    async def sets_line(self, version: int = 0, **changed: Any) -> httpx.Response:
        """Set the line."""
        return await self.office.desk.ask("PUT", "text-line", {**LINE, **changed}, if_match=f'"{version}"')

    async def client(self, *numbers: str, **fields: Any) -> Record:
        """Make a client, whose numbers are all marked for texts."""
        phones = [
            {"id": str(uuid4()), "label": "Mobile", "number": each, "is_sms_enabled": True}
            for each in numbers or (LAURAS,)
        ]
        return await self.office.client(phones=phones, **fields)

    async def writes(self, client: Record, message: str = "See you at 10", phone: str = LAURAS) -> str:
        """Write a text, and return its id."""
        sent = {"client_id": client["id"], "date": "2026-05-04", "phone": phone, "message": message}
        answer = await self.office.desk.create(named("text_messages"), sent)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def sends_again(self, text: str) -> None:
        """Have a text wait once more, whatever the clock says: a desk's token does not last for days."""
        async with self.office.studio.database.writing(self.office.account_id) as session:
            waits = Write("text_messages", UUID(text), {"delivery_state": "queued"})
            await write(session, Principal.system(self.office.account_id), [waits])

    async def works(self) -> None:
        """Send what is due."""
        await self.outbox.serve(self.office.account_id)

    async def works_on(self) -> None:
        """Send what is due, and hold the clock until nothing is any more."""
        while (due := await self.office.due()) is not None:
            clock.hold(max(due, clock.now()))
            await self.works()

    async def record(self, collection: str, record_id: str) -> Record:
        """Read a record, whatever the clock says."""
        async with self.office.studio.database.reading(self.office.account_id) as session:
            found = await records.find(session, collection, UUID(record_id))
        assert found is not None
        return dict(found)

    async def state(self, text: str) -> tuple[str, str | None]:
        """Return how far a text has come, and why not further."""
        found = await self.record("text_messages", text)
        return found["delivery_state"], found["delivery_error"]

    async def comes_in(self, body: str, sid: str | None = None, **more: str) -> httpx.Response:
        """Have the provider bring a text."""
        form = {"MessageSid": sid or f"SM{uuid4().hex}", "From": LAURAS_DIALLED, "To": NUMBER, "Body": body}
        return await self.provider.brings(self.http, self.hook, AccountSid=ACCOUNT, **{**form, **more})

    async def came_in(self) -> list[Record]:
        """Return the texts that came in, the first one first."""
        rows = await self.office.studio.execute(
            "SELECT id FROM text_messages WHERE account_id = $1 AND direction = 'incoming' ORDER BY sent_at"
        )
        return [await self.record("text_messages", str(row["id"])) for row in rows]

    async def forgets(self) -> None:
        """Begin with a line, and nothing that was ever said."""
        for table in ("letters_in", "text_messages", "client_likenesses"):
            await self.office.studio.execute(f"DELETE FROM {table} WHERE account_id = $1")
        self.provider.messages.clear()
        self.provider.mode, self.provider.asked = None, 0
        self.provider.reached.clear()
        reset = "UPDATE text_lines SET version = 1, monthly_limit = NULL WHERE account_id = $1 RETURNING *"
        if not await self.office.studio.execute(reset):
            assert (await self.sets_line()).status_code == 200
        async with self.office.studio.database.reading(self.office.account_id) as session:
            kept = await store.line(session)
        assert kept is not None
        self.hook = str(self.way.hook(kept, "incoming"))


@asynccontextmanager
async def texting(office: Office, house: FastAPI, provider: Provider) -> AsyncIterator[Texting]:
    """Have the texts of an office, and those of the house, go by a provider with an address of its own."""
    # Others knock in vain at this house, too, and are counted by their address.
    peer = f"198.51.100.{next(_ADDRESSES)}", 443
    transport = httpx.ASGITransport(app=house, raise_app_exceptions=False, client=peer)
    vault, database = house.state.vault, office.studio.database
    way = TextWay(database, vault, PUBLIC_URL, provider.url, None)
    usual, house.state.text_way = house.state.text_way, way
    try:
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            yield Texting(office, provider, http, Outbox(database, (way,), vault, seconds=0.4), way)
    finally:
        house.state.text_way = usual
