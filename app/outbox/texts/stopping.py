"""Stopping: whoever wants no more texts gets none, until they ask for them again."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import WriteSession
from app.core.principal import Principal
from app.outbox.texts import store
from app.outbox.texts.numbers import phones_with, written_as
from app.sync import records, registry
from app.sync.fields import Values
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write
from app.sync.validation import InvalidFieldsError

log = logging.getLogger("studio.outbox")

STOPS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "arret", "arrêt"})
STARTS = frozenset({"start", "unstop", "yes"})
"""The whole of a text, in any case: these are the words the provider itself goes by."""
_AROUND = re.compile(r"^\W+|\W+$")


def word_of(text: str) -> str:
    """Return a text as these words are written: without its case, and marks before and behind it."""
    return _AROUND.sub("", text.casefold())


async def clients_of(session: WriteSession, number: str) -> dict[UUID, Values]:
    """Return the clients who have a number in E.164, however it was written down."""
    found = await store.clients_with(session, written_as(number))
    clients = await records.some(session, registry.numbered(registry.number_of("clients")), found)
    country = (await store.company(session)).country
    return {
        client_id: client
        for client_id, client in clients.items()
        if phones_with(client["phones"], number, country)
    }


async def stop(session: WriteSession, number: str, at: datetime, letter_id: UUID | None = None) -> None:
    """Have no text go to a number, and take the mark for texts from it wherever a client has it.

    What waits for it is blocked when it is due.
    """
    country, cleared = (await store.company(session)).country, list[dict[str, str]]()

    def is_cleared(client_id: UUID, phone: Mapping[str, Any]) -> bool:
        if not phone["is_sms_enabled"] or not phones_with([phone], number, country):
            return False
        cleared.append({"client_id": str(client_id), "phone_id": phone["id"]})
        return True

    await _mark(session, await clients_of(session, number), is_cleared, is_enabled=False)
    await store.stop(session, number, at, letter_id, cleared)


async def start(session: WriteSession, number: str) -> None:
    """Let texts go to a number that had stopped them, by the phones that were marked then."""
    cleared = await store.start(session, number)
    if not cleared:
        return
    country = (await store.company(session)).country
    # By their own ids alone: a client who was merged since has another.
    marked = {each["phone_id"] for each in cleared}

    def is_marked(_: UUID, phone: Mapping[str, Any]) -> bool:
        return phone["id"] in marked and bool(phones_with([phone], number, country))

    await _mark(session, await clients_of(session, number), is_marked, is_enabled=True)


async def _mark(
    session: WriteSession,
    clients: Mapping[UUID, Values],
    is_meant: Callable[[UUID, Mapping[str, Any]], bool],
    *,
    is_enabled: bool,
) -> None:
    who = Principal.system(session.account_id)
    for client_id, client in clients.items():
        meant = {each["id"] for each in client["phones"] if is_meant(client_id, each)}
        phones = [
            {**each, "is_sms_enabled": is_enabled} if each["id"] in meant else each
            for each in client["phones"]
        ]
        if not meant:
            continue
        try:
            await write(session, who, [Write("clients", client_id, {"phones": phones})])
        except (ChangeRefused, InvalidFieldsError):
            log.warning(
                "client %s cannot be written; texts to the number are blocked all the same", client_id
            )
