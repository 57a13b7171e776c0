"""The account's own mail server: set, checked by a letter to whoever asks, and forgotten."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from app.accounts.errors import VersionChanged
from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_letters_due_forward, read_user, set_mailboxes_due
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.principal import Level, Principal
from app.core.vault import SealBroken, Vault
from app.http.errors import PreconditionRequired
from app.outbox import store as letters
from app.outbox.carriers import Away, Carried, Envelope, Outcome, Parcel
from app.outbox.errors import (
    EmailAddressMissing,
    MailCheckRefused,
    MailFolderNotFound,
    MailHostRefused,
    MailLoginRefused,
    MailPasswordMissing,
    MailServerAway,
    MailServerNotFound,
)
from app.outbox.hosts import MAIL_PORTS, Hosts
from app.outbox.incoming import mailbox
from app.outbox.incoming.imap import Box, Shut, TooLarge
from app.outbox.incoming.mailbox import box_of
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
_TOLD_IN = ("in_host", "in_port", "in_user", "in_folder")
_SHUT: dict[str, type[AppError]] = {
    "host_refused": MailHostRefused,
    "login_refused": MailLoginRefused,
    "folder_not_found": MailFolderNotFound,
}
"""What is refused for what stands in the way of reading a mailbox; for anything else its server is away."""
Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """Which mailbox is to be read from now on; with no password the one that is kept."""

    host: str
    port: int
    user_name: str
    password: str | None = field(repr=False)
    folder: str


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
    mailbox: NewMailbox | None


async def read(session: Session) -> MailServer:
    """Return by which server the account's emails go."""
    found = await store.server(session)
    if found is None:
        raise MailServerNotFound
    return found


async def put(opens: Opens, vault: Vault, hosts: Hosts, new: NewServer, expected: int | None) -> MailServer:
    """Set by which server emails go, from the next one on, and which mailbox is read.

    That of none is version 0. A password goes to no other server than it was given for. A mailbox that is
    new, or has a new password, is signed in to first, with no transaction open; it is read from its newest
    email on.
    """
    async with opens() as work:
        found = await _judged(work, hosts, new, expected)
        box = _box_to_try(vault, found, new.mailbox)
        if box is None:
            return await _set(work, vault, found, new, None)
    begins = await _begins(box, hosts)
    async with opens() as work:
        found = await _judged(work, hosts, new, expected)
        return await _set(work, vault, found, new, begins)


async def _judged(
    work: Work[WriteSession], hosts: Hosts, new: NewServer, expected: int | None
) -> MailServer | None:
    """Return what is kept now, if the caller may set something else and names its version."""
    require(work.who, MAIL_SETTINGS, Level.ADD_MODIFY)
    found = await store.server(work.session)
    _require_version(found, expected)
    if new.port not in MAIL_PORTS and not hosts.allows_private:
        raise MailHostRefused
    if new.password is None and (found is None or _lies_elsewhere(found, new)):
        raise MailPasswordMissing
    return found


async def _set(
    work: Work[WriteSession],
    vault: Vault,
    found: MailServer | None,
    new: NewServer,
    begins: tuple[int, int] | None,
) -> MailServer:
    session = work.session
    before = _told(found) if found else None
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
    _set_mailbox(vault, kept, new.mailbox, begins)
    kept.version += 1
    kept.checked_at = kept.checked_code = None
    session.add(kept)
    await session.flush()
    await set_mailboxes_due(session, clock.now() if new.mailbox else None)
    await _go_on(session)
    action = Action.CHANGED if found else Action.CREATED
    await keep(
        session,
        work.who,
        Entry(MAIL_SETTINGS, _SUBJECT, session.account_id, action, before, _told(kept)),
    )
    return kept


def _set_mailbox(
    vault: Vault, kept: MailServer, new: NewMailbox | None, begins: tuple[int, int] | None
) -> None:
    if new is None:
        kept.in_host = kept.in_port = kept.in_user = kept.in_password = kept.in_folder = None
        kept.in_validity = kept.in_last = kept.in_checked_at = kept.in_code = None
        return
    is_other = (kept.in_host, kept.in_user, kept.in_folder) != (new.host, new.user_name, new.folder)
    kept.in_host, kept.in_port, kept.in_user, kept.in_folder = new.host, new.port, new.user_name, new.folder
    kept.in_code = None
    if new.password is not None:
        kept.in_password = vault.seal(kept.account_id, mailbox.SEALED_AS, new.password)
    if begins is not None:
        kept.in_checked_at = clock.now()
        if is_other or kept.in_validity != begins[0]:
            kept.in_validity, kept.in_last = begins


def _box_to_try(vault: Vault, found: MailServer | None, new: NewMailbox | None) -> Box | None:
    """Return the mailbox that is to be signed in to, none where it is the one that is kept."""
    if new is None:
        return None
    if new.password is not None:
        return Box(new.host, new.port, new.user_name, new.password, new.folder)
    try:
        kept = box_of(vault, found) if found else None
    except SealBroken:
        kept = None
    named = (new.host, new.port, new.user_name)
    if kept is None or (kept.host, kept.port, kept.user_name) != named:
        raise MailPasswordMissing(target="mailbox.password")
    return None if kept.folder == new.folder else replace(kept, folder=new.folder)


async def _begins(box: Box, hosts: Hosts) -> tuple[int, int]:
    """Sign in to a mailbox, and return its numbering and its newest email; refuse what stands in the way."""
    try:
        async with mailbox.opened(box, hosts, seconds=CHECK_SECONDS) as opened:
            return opened.validity, opened.newest
    except Shut as shut:
        refusal = _SHUT.get(shut.words.code, MailServerAway)
        raise refusal(target="mailbox", said=shut.words.said) from None
    except TooLarge:
        raise MailServerAway(target="mailbox", said=None) from None


async def remove(session: WriteSession, who: Principal, expected: int | None) -> None:
    """Forget the account's own mail server; letters go by the operator's, or wait."""
    found = await read(session)
    _require_version(found, expected)
    await store.remove(session, found)
    await set_mailboxes_due(session, None)
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
    if words.code in ("login_refused", "login_not_offered"):
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
    return {name: getattr(kept, name) for name in (*_TOLD, *_TOLD_IN)}
