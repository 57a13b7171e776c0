"""The account's own mail server: set, checked by a letter to whoever asks, and forgotten."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from app.accounts.errors import VersionChanged
from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_letters_due_forward, read_user
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Level, Principal
from app.core.vault import SealBroken, Vault
from app.http.errors import PreconditionRequired
from app.outbox import store as letters
from app.outbox.carriers import Away, Carried, Envelope, Outcome, Parcel
from app.outbox.errors import (
    EmailAddressMissing,
    MailCheckRefused,
    MailHostRefused,
    MailLoginRefused,
    MailPasswordMissing,
    MailServerAway,
    MailServerNotFound,
)
from app.outbox.hosts import MAIL_PORTS, Hosts
from app.outbox.mail import store
from app.outbox.mail.smtp import SmtpCarrier
from app.outbox.mail.way import SEALED_AS, server_of
from app.outbox.models import MailServer
from app.outbox.posting import Content
from app.outbox.rights import MAIL_SETTINGS
from app.outbox.states import Channel, Purpose, Security
from app.outbox.words import Words

CHECK_SECONDS = 20
_SUBJECT = "mail_servers"
_SUBJECT_LINE = "This is a test"
_TEXT = "Emails of your studio are sent by this server.\n"
_TOLD = ("from_name", "from_address", "reply_to", "host", "port", "security", "user_name")
Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]


@dataclass(frozen=True, slots=True)
class NewServer:
    """By which server emails are to go from now on; with no password the one that is kept."""

    from_name: str
    from_address: str
    reply_to: str | None
    host: str
    port: int
    security: Security
    user_name: str
    password: str | None = field(repr=False)
    per_minute: int | None
    per_day: int | None


async def read(session: Session) -> MailServer:
    """Return by which server the account's emails go."""
    found = await store.server(session)
    if found is None:
        raise MailServerNotFound
    return found


async def put(
    work: Work[WriteSession], vault: Vault, hosts: Hosts, new: NewServer, expected: int | None
) -> MailServer:
    """Set by which server emails go, from the next one on; that of none is version 0.

    A password goes to no other server than it was given for.
    """
    session, found = work.session, await store.server(work.session)
    _require_version(found, expected)
    if new.port not in MAIL_PORTS and not hosts.allows_private:
        raise MailHostRefused
    before = _told(found) if found else None
    if new.password is None and (found is None or _lies_elsewhere(found, new)):
        raise MailPasswordMissing
    kept = found or MailServer(
        account_id=session.account_id,
        from_name="",
        from_address="",
        host="",
        port=0,
        security=Security.TLS.value,
        user_name="",
        password=b"",
        version=0,
    )
    for name in (*_TOLD, "per_minute", "per_day"):
        setattr(kept, name, getattr(new, name))
    if new.password is not None:
        kept.password = vault.seal(session.account_id, SEALED_AS, new.password)
    kept.version += 1
    kept.checked_at = kept.checked_code = None
    session.add(kept)
    await session.flush()
    await _go_on(session)
    action = Action.CHANGED if found else Action.CREATED
    await keep(
        session,
        work.who,
        Entry(MAIL_SETTINGS, _SUBJECT, session.account_id, action, before, _told(kept)),
    )
    return kept


async def remove(session: WriteSession, who: Principal, expected: int | None) -> None:
    """Forget the account's own mail server; letters go by the operator's, or wait."""
    found = await read(session)
    _require_version(found, expected)
    await store.remove(session, found)
    await _go_on(session)
    entry = Entry(MAIL_SETTINGS, _SUBJECT, session.account_id, Action.DELETED, _told(found), None)
    await keep(session, who, entry)


async def check(opens: Opens, vault: Vault, hosts: Hosts) -> tuple[str, str | None]:
    """Send a letter to whoever asks, with no transaction open; return where it went and what was said.

    It goes to their own address alone: nobody else is written to by trying a server.
    """
    async with opens() as work:
        require(work.who, MAIL_SETTINGS, Level.ADD_MODIFY)
        found = await read(work.session)
        user = await read_user(work.session, work.who.user_id) if work.who.user_id else None
        if user is None or not user.email:
            raise EmailAddressMissing
        to, version = user.email, found.version
        try:
            server = server_of(vault, found)
        except SealBroken:
            raise MailPasswordMissing from None
    carrier = SmtpCarrier(server, hosts)
    try:
        outcome = await carrier.carry(_test(work.who, to))
    finally:
        await carrier.close()
    words = None if isinstance(outcome, Carried) and not outcome.refused else _words(outcome)
    async with opens() as work:
        kept = await store.server(work.session)
        if kept is not None and kept.version == version:
            kept.checked_at = clock.now()
            kept.checked_code = words.code if words else None
            work.session.add(kept)
            await work.session.flush()
            if words is None:
                await _go_on(work.session)
    if words is not None:
        # Behind the commit of what is kept of it.
        _refuse(outcome, words)
    return to, outcome.ref if isinstance(outcome, Carried) else None


def _refuse(outcome: Outcome, words: Words) -> None:
    if words.code == "host_refused":
        raise MailHostRefused
    if words.code == "login_refused":
        raise MailLoginRefused(said=words.said)
    if isinstance(outcome, Away):
        raise MailServerAway(said=words.said)
    raise MailCheckRefused(reason=words.code, said=words.said)


def _words(outcome: Outcome) -> Words:
    if isinstance(outcome, Carried):
        return next(iter(outcome.refused.values()))
    return outcome.words


def _test(who: Principal, to: str) -> Parcel:
    letter_id = new_id()
    return Parcel(
        account_id=who.account_id,
        letter_id=letter_id,
        channel=Channel.EMAIL,
        purpose=Purpose.TEST,
        message_id=f"<{letter_id}@test.invalid>",
        envelope=Envelope((to,)),
        recipients=(to,),
        content=Content(_SUBJECT_LINE, _TEXT),
        files=(),
        is_bulk=False,
        tries=1,
        first_tried_at=clock.now(),
        last_code=None,
        was_cut=False,
        ends_at=monotonic() + CHECK_SECONDS,
    )


async def _go_on(session: WriteSession) -> None:
    """Have letters that wait for a server try again at once."""
    await letters.reopen_lane(session, Channel.EMAIL)
    if await letters.next_due(session, clock.now()) is not None:
        await bring_letters_due_forward(session, clock.now())


def _require_version(found: MailServer | None, expected: int | None) -> None:
    if expected is None:
        raise PreconditionRequired
    if expected != (found.version if found else 0):
        raise VersionChanged


def _lies_elsewhere(found: MailServer, new: NewServer) -> bool:
    return (found.host, found.port, found.user_name) != (new.host, new.port, new.user_name)


def _told(kept: MailServer) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in _TOLD}
