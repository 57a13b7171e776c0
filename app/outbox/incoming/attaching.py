"""Whom an email that came in concerns: who wrote it answers a letter of ours, or has an address we know."""

from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Session
from app.outbox.incoming import store
from app.readers.mails import Mail
from app.sync import records, registry

_CONCERNS = ("client_id", "session_id", "invoice_id", "task_id", "studio_id")


async def attached(session: Session, mail: Mail) -> dict[str, Any]:
    """Return the fields that say whom an email concerns; none where nobody is known.

    An answer concerns what the letter does that it answers, whoever wrote it. Of several clients with the
    address it was the one who was last written to.
    """
    known = await store.letters(session, mail.answers)
    for each in mail.answers:
        if each in known and (found := await _of_letter(session, known[each])):
            return found
    if mail.sender is None:
        return {}
    clients = await store.clients(session, mail.sender)
    only = clients[0] if len(clients) == 1 else await store.written_to_last(session, clients)
    return {"client_id": str(only)} if only is not None else {}


async def _of_letter(session: Session, letter: asyncpg.Record) -> dict[str, Any]:
    if letter["collection"] is not None:
        collection = registry.numbered(letter["collection"])
        found = (await records.some(session, collection, [letter["letter_id"]])).get(letter["letter_id"])
        return {name: found.get(name) for name in _CONCERNS} if found is not None else {}
    client: UUID | None = letter["client_id"]
    if client is None or await records.find(session, "clients", client) is None:
        return {}
    return {"client_id": str(client)}
