"""The account's text line: set once the provider lets in with it, read, and forgotten."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import httpx

from app.accounts.errors import VersionChanged
from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_letters_due_forward
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.principal import Level, Principal
from app.core.vault import SealBroken, Vault
from app.http.errors import InvalidRequest, PreconditionRequired
from app.outbox import store as letters
from app.outbox.errors import (
    PublicUrlMissing,
    TextLineNotFound,
    TextLineRefused,
    TextProviderAway,
    TextTokenMissing,
)
from app.outbox.marking import Ending, tell
from app.outbox.models import TextLine
from app.outbox.rights import MAIL_SETTINGS
from app.outbox.states import Channel, State
from app.outbox.texts import store
from app.outbox.texts.twilio import Answer, Line, NotSent, Twilio, Unheard
from app.outbox.texts.way import HOOK_SEALED_AS, SEALED_AS, TextWay
from app.outbox.words import Words, printable

_SUBJECT = "text_lines"
_TOLD = ("account_sid", "from_number", "messaging_service_sid", "monthly_limit")
_ID_BYTES, _KEY_BYTES = 16, 32
Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]


@dataclass(frozen=True, slots=True)
class NewLine:
    """By which line texts are to go from now on; with no token the one that is kept."""

    account_sid: str
    auth_token: str | None = field(repr=False)
    from_number: str | None
    messaging_service_sid: str | None
    monthly_limit: int | None


async def read(session: Session) -> tuple[TextLine, int]:
    """Return the account's line, and how many texts went in this month."""
    found = await store.line(session)
    if found is None:
        raise TextLineNotFound
    return found, await store.sent_in_month(session, clock.now().date())


async def put(opens: Opens, way: TextWay, new: NewLine, expected: int | None) -> tuple[TextLine, int, str]:
    """Sign in at the provider, with no transaction open, and set by which line texts go from the next one on.

    That of none is version 0. Returns it with how many went in this month, and where texts are to come in.
    """
    if (new.from_number is None) == (new.messaging_service_sid is None):
        wrong = {"path": "body.messaging_service_sid", "code": "one_of_two"}
        raise InvalidRequest(fields=[wrong])
    async with opens() as work:
        require(work.who, MAIL_SETTINGS, Level.ADD_MODIFY)
        if way.public_url is None:
            raise PublicUrlMissing
        found = await store.line(work.session)
        _require_version(found, expected)
        token = _token(way, found, new)
    await _sign_in(Twilio(Line(new.account_sid, token, None, None), way.api_url))
    async with opens() as work:
        require(work.who, MAIL_SETTINGS, Level.ADD_MODIFY)
        found = await store.line(work.session)
        _require_version(found, expected)
        kept = await _kept(work, way, found, new, token)
        hook = way.hook(kept, "incoming")
        return kept, await store.sent_in_month(work.session, clock.now().date()), str(hook)


async def remove(session: WriteSession, who: Principal, expected: int | None) -> None:
    """Forget the line with its token; texts wait but those in doubt, and what comes in for it is refused."""
    found, _ = await read(session)
    _require_version(found, expected)
    await _part(session)
    await store.remove(session, found)
    entry = Entry(MAIL_SETTINGS, _SUBJECT, session.account_id, Action.DELETED, _told(found), None)
    await keep(session, who, entry)


async def renew_line(session: WriteSession, vault: Vault) -> None:
    """Seal what opens the account's line anew, where the vault has a newer key; what does not open stays."""
    kept = await store.line(session)
    if kept is None or (vault.is_newest(kept.auth_token) and vault.is_newest(kept.hook_key)):
        return
    account_id = kept.account_id
    try:
        token = vault.open(account_id, SEALED_AS, kept.auth_token)
        key = vault.open(account_id, HOOK_SEALED_AS, kept.hook_key)
    except SealBroken:
        return
    kept.auth_token = vault.seal(account_id, SEALED_AS, token)
    kept.hook_key = vault.seal(account_id, HOOK_SEALED_AS, key)
    session.add(kept)
    await session.flush()


def opened(key: str) -> UUID | None:
    """Return whose hook a key is said to open; none when it cannot be one of ours."""
    try:
        packed = b64decode(key, b"-_", validate=True)
    except ValueError:
        return None
    return UUID(bytes=packed[:_ID_BYTES]) if len(packed) == _ID_BYTES + _KEY_BYTES else None


def opens_hook(way: TextWay, kept: TextLine, key: str) -> bool:
    """Say whether a key is that of a line's hooks."""
    try:
        known = way.vault.open(kept.account_id, HOOK_SEALED_AS, kept.hook_key)
    except SealBroken:
        return False
    return compare_digest(sha256(known.encode()).digest(), sha256(key.encode()).digest())


def _new_key(account_id: UUID) -> str:
    return urlsafe_b64encode(account_id.bytes + secrets.token_bytes(_KEY_BYTES)).decode()


def _token(way: TextWay, found: TextLine | None, new: NewLine) -> str:
    if new.auth_token is not None:
        return new.auth_token
    if found is None or found.account_sid != new.account_sid:
        raise TextTokenMissing
    try:
        return way.line_of(found).auth_token
    except SealBroken:
        raise TextTokenMissing from None


async def _sign_in(twilio: Twilio) -> None:
    try:
        answer = await twilio.sign_in()
    except (NotSent, Unheard):
        raise TextProviderAway from None
    finally:
        await twilio.close()
    if refusal := _refusal(answer):
        raise refusal


def _refusal(answer: Answer) -> AppError | None:
    if answer.status == httpx.codes.OK:
        state = answer.told.get("status")
        return None if state == "active" else TextLineRefused(said=printable(f"status: {state}"))
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or not httpx.codes.is_client_error(answer.status):
        return TextProviderAway()
    return TextLineRefused(said=printable(answer.said))


async def _kept(
    work: Work[WriteSession],
    way: TextWay,
    found: TextLine | None,
    new: NewLine,
    token: str,
) -> TextLine:
    session, before = work.session, _told(found) if found else None
    account_id = session.account_id
    kept = found or TextLine(
        account_id=account_id,
        account_sid="",
        auth_token=b"",
        hook_key=way.vault.seal(account_id, HOOK_SEALED_AS, _new_key(account_id)),
        version=0,
    )
    if found and found.account_sid != new.account_sid:
        await _part(session)
    for name in _TOLD:
        setattr(kept, name, getattr(new, name))
    kept.auth_token = way.vault.seal(account_id, SEALED_AS, token)
    kept.version += 1
    session.add(kept)
    await session.flush()
    await _go_on(session)
    action = Action.CHANGED if found else Action.CREATED
    await keep(session, work.who, Entry(MAIL_SETTINGS, _SUBJECT, account_id, action, before, _told(kept)))
    return kept


async def _part(session: WriteSession) -> None:
    """Give up texts in doubt when the account there goes: no other knows what became of them."""
    now = clock.now()
    for row in await store.give_up_in_doubt(session, now):
        await tell(session, Ending(row, State.FAILED, Words("doubtful"), now))


async def _go_on(session: WriteSession) -> None:
    """Have texts that wait for a line try again at once."""
    await letters.reopen_lane(session, Channel.TEXT)
    if await letters.next_due(session, clock.now()) is not None:
        await bring_letters_due_forward(session, clock.now())


def _require_version(found: TextLine | None, expected: int | None) -> None:
    if expected is None:
        raise PreconditionRequired
    if expected != (found.version if found else 0):
        raise VersionChanged


def _told(kept: TextLine) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in _TOLD}
