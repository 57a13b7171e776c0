"""Telling clients about their logins: as a letter that is sent, and as a row that staff see until it was."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.core import clock
from app.core.db import WriteSession
from app.core.events import hears
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.vault import Vault
from app.outbox.posting import Content, Letter, LetterCameBack, LetterEnded, post, prepare
from app.outbox.states import Channel, Purpose, State
from app.portal import store, wording
from app.portal.links import LINK_FOR, MADE_FOR, new_link, path_of
from app.portal.models import LetterKind
from app.portal.store import Forgotten
from app.portal.wording import Addressed


@dataclass(frozen=True, slots=True)
class Post:
    """How letters leave: sealed by a vault, with links that begin with `public_url`; none go without that."""

    vault: Vault
    public_url: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """Who is to be told something: a client, about their gallery at an address."""

    client_id: UUID
    gallery_id: UUID
    address: str


async def tell(
    session: WriteSession, by: Post, told: Told, kind: LetterKind, say: Callable[[Addressed], Content]
) -> None:
    """Keep that a client is to be told something, and post it if they can be written to."""
    letter_id, client = new_id(), await store.addressee(session, told.client_id)
    await store.add_letter(session, letter_id, told.client_id, told.gallery_id, kind)
    if _is_reached(by, client):
        await post(session, [_letter(letter_id, by, told, client, say)], seal=by.vault)


async def tell_forgotten(session: WriteSession, by: Post, told: Told, key: str) -> None:
    """Send the client of a gallery a link, if a name is theirs, and not too often.

    All of it is done for any name, up to a statement that writes down what is to be or does not: letter, seal
    and link are made of the client of the gallery, whoever asks.
    """
    letter_id, client = new_id(), await store.addressee(session, told.client_id)
    secret, token_hash = new_link()
    letter = _letter(letter_id, by, told, client, lambda to: wording.login_forgotten(to, secret))
    forgotten = Forgotten(
        letter_id=letter_id,
        client_id=told.client_id,
        gallery_id=told.gallery_id,
        key=key,
        token_hash=token_hash,
        ends_at=clock.now() + MADE_FOR,
        prepared=await prepare(session, letter, seal=by.vault),
        is_sent=_is_reached(by, client),
    )
    await store.add_forgotten(session, forgotten)


@hears(LetterEnded)
async def follow_letters(session: WriteSession, _: Principal, ended: LetterEnded) -> None:
    """Have the hour of a link begin when its letter was sent, and staff be told no more of that."""
    if ended.purpose is Purpose.PORTAL:
        now = clock.now()
        await store.shorten_link(session, ended.letter_id, now + LINK_FOR)
        if ended.state is State.SENT:
            await store.mark_sent(session, ended.letter_id, now)


@hears(LetterCameBack)
async def follow_returns(session: WriteSession, _: Principal, came_back: LetterCameBack) -> None:
    """Have staff be told once more of what an email was to tell, and has not."""
    if came_back.purpose is Purpose.PORTAL:
        await store.mark_unsent(session, came_back.letter_id)


def _is_reached(by: Post, client: asyncpg.Record | None) -> bool:
    """Say whether a client can be written to: one without a login has nothing to be told of."""
    return bool(by.public_url and client and client["user_name"] and (client["email"] or "").strip())


def _letter(
    letter_id: UUID,
    by: Post,
    told: Told,
    client: asyncpg.Record | None,
    say: Callable[[Addressed], Content],
) -> Letter:
    known = dict(client) if client else {"studio": "", "user_name": "", "email": "", "time_zone": "UTC"}
    gallery = f"{by.public_url}{path_of(told.address)}"
    to = Addressed(known["studio"], known["user_name"] or "", gallery, known["time_zone"])
    return Letter(
        letter_id=letter_id,
        channel=Channel.EMAIL,
        purpose=Purpose.PORTAL,
        to=((known["email"] or "").strip(),),
        content=say(to),
        client_id=told.client_id,
        # Whoever wants no more letters from the studio still wants to come in.
        bypasses_blocks=True,
    )
