"""A studio whose letters are sent to a server of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from app.core.vault import Vault
from app.outbox.hosts import Hosts
from app.outbox.mail.smtp import Server
from app.outbox.mail.way import EmailWay, Relay
from app.outbox.mail.writing import Sender
from app.outbox.posting import Content, Letter, post
from app.outbox.states import Channel, Purpose, Security
from app.outbox.texts.twilio import API_URL
from app.outbox.texts.way import TextWay
from app.outbox.worker import Outbox
from app.sync import records
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import Record
from tests.outbox.sinks import PASSWORD, USER, Sink, sinking
from tests.samples import named, sample

FROM = "hello@harbor.example"
LAURA = "laura@hartley.example"


@dataclass
class Office:
    """A studio, its desk, and who sends its letters."""

    studio: Studio
    desk: Desk
    sink: Sink
    outbox: Outbox

    @property
    def account_id(self) -> UUID:
        return self.studio.account.account_id

    async def writes(self, *to: str, **fields: Any) -> str:
        """Write an email that is to be sent, and return its id."""
        sent = {
            "date": "2026-05-04",
            "subject": "Your images are online",
            "body": "Dear Laura,\n\nyour images are ready.",
            "to_addresses": list(to) or [LAURA],
            **fields,
        }
        answer = await self.desk.create(named("emails"), sent)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def posts(self, *to: str, seal: Vault | None = None, **chosen: Any) -> UUID:
        """Post a letter of no record, and return its id."""
        letter = Letter(
            letter_id=uuid4(),
            channel=Channel.EMAIL,
            purpose=Purpose.NOTICE,
            to=to or (LAURA,),
            content=Content("A word", "Something was noticed."),
        )
        letter = replace(letter, **chosen)
        async with self.studio.database.writing(self.account_id) as session:
            await post(session, [letter], seal=seal)
        return letter.letter_id

    async def works(self) -> None:
        """Send what is due, for one slice."""
        await self.outbox.serve(self.account_id)

    async def email(self, record_id: str) -> Record:
        """Read an email, whatever the clock says: a desk's token does not last for days."""
        async with self.studio.database.reading(self.account_id) as session:
            found = await records.find(session, "emails", UUID(record_id))
        assert found is not None
        return dict(found)

    async def letter(self, letter_id: str | UUID) -> Any:
        """Read a letter's row."""
        [row] = await self.studio.execute(
            "SELECT * FROM letters WHERE account_id = $1 AND letter_id = $2", UUID(str(letter_id))
        )
        return row

    async def due(self) -> datetime | None:
        """Return when the account is next due."""
        [row] = await self.studio.execute(
            "SELECT letters_due_at AS due FROM account_directory WHERE account_id = $1"
        )
        found: datetime | None = row["due"]
        return found

    async def forgets(self) -> None:
        """Begin with nothing: no letters, blocks or lanes, and a server that takes all."""
        for table in ("letters", "letter_lanes", "letter_blocks", "letter_counts", "mail_servers"):
            await self.studio.execute(f"DELETE FROM {table} WHERE account_id = $1")
        self.sink.letters.clear()
        self.sink.at_rcpt.clear()
        self.sink.at_data = self.sink.at_mail = None

    async def client(self, **fields: Any) -> Record:
        """Make a client."""
        answer = await self.desk.create(named("clients"), sample("clients", **{"email": LAURA, **fields}))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def server(port: int, **changed: Any) -> Server:
    """Return the sink as a mail server."""
    usual = Server("127.0.0.1", port, Security.STARTTLS, USER, PASSWORD, Sender("Harbor", FROM))
    return replace(usual, **changed)


@asynccontextmanager
async def new_office(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Office]:
    """Make a studio whose letters go to a sink by the operator's relay."""
    studio = await new_studio(database, http, house.state.keys)
    async with sinking() as sink:
        vault = house.state.vault
        email = EmailWay(vault, Hosts(allows_private=True, allows_plain=True), Relay(server(sink.port)), None)
        texts = TextWay(database, vault, None, API_URL, None)
        outbox = Outbox(database, (email, texts), vault, seconds=5)
        yield Office(studio, await at_a_desk(studio), sink, outbox)


def later(**span: float) -> None:
    """Hold the clock so much later."""
    clock.hold(clock.now() + timedelta(**span))
