"""Receiving: a text that came in becomes an unread record of whoever sent it, once."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from app.core import card_numbers, clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.outbox.incoming.seen import Became, CameIn, take
from app.outbox.texts import store
from app.outbox.texts.numbers import e164, phones_with
from app.outbox.texts.stopping import STARTS, STOPS, clients_of, start, stop, word_of
from app.studio.deliveries import DeliveryState, Direction
from app.sync.fields import Values
from app.sync.store import Write, write

_LONGEST = 1_600
_LONGEST_SID = 100
_LONGEST_NUMBER = 100


async def take_in(session: WriteSession, form: Mapping[str, str]) -> None:
    """Take in a text as the provider brings it; one without a name or a sender is none.

    It is of the client who has the number; where several do, of whom we have texted last by it, and where
    nobody does or that is not known, of none. Words by which people stop texts are heeded.
    """
    sid, sender = form.get("MessageSid", "")[:_LONGEST_SID], form.get("From", "").strip()[:_LONGEST_NUMBER]
    if not sid or not sender:
        return
    now, record_id = clock.now(), uuid5(session.account_id, sid)
    came = CameIn(f"twilio:{sid}", Became.TEXT, record_id=record_id)
    if not await take(session, [came], now):
        return
    company = await store.company(session)
    number = e164(sender, company.country) or sender
    clients = await clients_of(session, number)
    client_id = await _whose(session, clients, number)
    client = clients[client_id] if client_id else None
    who = Principal.system(session.account_id, time_zone=company.time_zone)
    fields = {
        "client_id": str(client_id) if client_id else None,
        "studio_id": client["studio_id"] if client else None,
        "direction": Direction.INCOMING.value,
        "date": clock.today(company.time_zone).isoformat(),
        "phone": _as_known(client, number, company.country),
        "message": _said(form),
        "is_unread": True,
        "delivery_state": DeliveryState.RECEIVED.value,
        "sent_at": now.isoformat().replace("+00:00", "Z"),
    }
    await write(session, who, [Write("text_messages", record_id, fields)])
    await heed(session, form)


async def heed(session: WriteSession, form: Mapping[str, str]) -> None:
    """Stop texts to a number that asks for no more, and go on where it asks for them again.

    So it is also where the text itself cannot be kept.
    """
    sender = form.get("From", "").strip()[:_LONGEST_NUMBER]
    number = e164(sender, (await store.company(session)).country) or sender
    kind, word = form.get("OptOutType", "").upper(), word_of(form.get("Body", ""))
    if kind == "STOP" or (not kind and word in STOPS):
        await stop(session, number, clock.now())
    elif kind == "START" or (not kind and word in STARTS):
        await start(session, number)


async def _whose(session: WriteSession, clients: Mapping[UUID, Values], number: str) -> UUID | None:
    if len(clients) == 1:
        return next(iter(clients))
    return await store.last_texted(session, clients, number) if clients else None


def _as_known(client: Values | None, number: str, country: str | None) -> str:
    """Return a number as the client's record has it."""
    if client is None:
        return number
    known = set(phones_with(client["phones"], number, country))
    return next((str(each["number"]) for each in client["phones"] if each["id"] in known), number)


def _said(form: Mapping[str, str]) -> str:
    """Return what a text says; pictures stay at the provider, and the number of a card is not kept."""
    text = form.get("Body", "").replace("\0", "").strip()
    if card_numbers.is_in(text):
        text = "(The number of a card was sent, and is not kept.)"
    count = form.get("NumMedia", "0")
    if count not in ("", "0"):
        text = f"{text}\n(With attachments, which are kept by the provider.)".strip()
    return text[:_LONGEST] or "(An empty text.)"
