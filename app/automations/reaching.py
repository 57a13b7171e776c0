"""Whom something reaches, and by which way: who may be written to, texted, called, or sent a letter."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.db import Session
from app.outbox.blocks import blocked
from app.outbox.states import Channel
from app.outbox.texts.numbers import e164
from app.sync import records, registry
from app.sync.fields import Values


class Act(StrEnum):
    """What is made for somebody."""

    EMAIL = "email"
    TEXT = "text"
    CALL = "call"
    TASK = "task"
    LETTER = "letter"


FALLBACKS = frozenset(
    {
        (Act.EMAIL, Act.CALL),
        (Act.EMAIL, Act.LETTER),
        (Act.TEXT, Act.CALL),
        (Act.TEXT, Act.EMAIL),
    }
)
"""What may be made, and what in its place for whom that does not reach."""


class Unreached(StrEnum):
    """Why nothing reaches somebody."""

    NO_ADDRESS = "no_address"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, by what they are reached: `text_phone` is marked for texts, `post` is told in one line.

    Nothing goes to addresses that are `blocked`. Who is no client has no `client_id`.
    """

    name: str
    client_id: UUID | None = None
    email: str | None = None
    text_phone: str | None = None
    phone: str | None = None
    post: str | None = None
    blocked: Collection[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Way:
    """By what somebody is reached; or a `code` that says why by nothing. A task has no address."""

    action: Act
    address: str | None = None
    code: Unreached | None = None


_COUNTRY = "SELECT country FROM companies WHERE account_id = $1 AND id = $1"
_ADDRESSES: Mapping[Act, Callable[[Person], str | None]] = {
    Act.EMAIL: lambda person: person.email,
    Act.TEXT: lambda person: person.text_phone,
    Act.CALL: lambda person: person.phone,
    Act.LETTER: lambda person: person.post,
}
CHANNELS = {Act.EMAIL: Channel.EMAIL, Act.TEXT: Channel.TEXT}
"""What is sent, and by which channel."""


def way_to(person: Person, action: Act, fallback: Act | None = None) -> Way:
    """Return by what somebody is reached: by the fallback where the first choice does not reach them."""
    first = _way(person, action)
    if first.code is None or fallback is None:
        return first
    second = _way(person, fallback)
    return first if second.code else second


def _way(person: Person, action: Act) -> Way:
    if action is Act.TASK:
        return Way(action)
    address = _ADDRESSES[action](person)
    if not address:
        return Way(action, None, Unreached.NO_ADDRESS)
    is_blocked = action in CHANNELS and address in person.blocked
    return Way(action, address, Unreached.BLOCKED if is_blocked else None)


async def clients(
    session: Session, ids: Collection[UUID], *, bypasses_blocks: bool = False
) -> dict[UUID, Person]:
    """Return some clients as they are reached, those there are; some blocks nothing bypasses."""
    collection = registry.numbered(registry.number_of("clients"))
    found = await records.some(session, collection, list(ids))
    country = await session.raw.fetchval(_COUNTRY, session.account_id)
    people = {each: _person(each, values, country) for each, values in found.items()}
    stopped = await _blocked(session, people, country, bypassed=bypasses_blocks)
    return {
        each: Person(it.name, each, it.email, it.text_phone, it.phone, it.post, stopped)
        for each, it in people.items()
    }


async def _blocked(
    session: Session, people: Mapping[UUID, Person], country: str | None, *, bypassed: bool
) -> frozenset[str]:
    """Return those of the addresses of some people that nothing goes to; numbers are blocked as E.164."""
    found = set[str]()
    for action, channel in CHANNELS.items():
        addresses = [it for person in people.values() if (it := _ADDRESSES[action](person))]
        known = {it: (e164(it, country) or it) if action is Act.TEXT else it for it in addresses}
        keys = sorted(set(known.values()))
        stopped = await blocked(session, channel, keys, bypassed=bypassed) if known else {}
        found |= {it for it, key in known.items() if key in stopped}
    return frozenset(found)


def _person(client_id: UUID, client: Values, country: str | None) -> Person:
    phones = client["phones"]
    marked = [each["number"] for each in phones if each["is_sms_enabled"] and e164(each["number"], country)]
    numbers = [each["number"] for each in phones]
    return Person(
        name=name_of(client),
        client_id=client_id,
        email=client["email"],
        text_phone=marked[0] if marked else None,
        phone=numbers[0] if numbers else None,
        post=_in_one_line(client["mailing_address"]) or _in_one_line(client["address"]),
    )


def name_of(client: Values) -> str:
    """Return what lists call a client: by the last name first."""
    names = ", ".join(it for it in (client["last_name"], client["first_name"]) if it)
    return names or client["company_name"] or ""


def _in_one_line(address: Mapping[str, Any] | None) -> str | None:
    parts = ("line_1", "line_2", "postal_code", "city", "region", "country")
    told = ", ".join(it for part in parts if address and (it := address[part]))
    return told or None
