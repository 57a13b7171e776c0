"""Logins of clients: what they begin as, Reset Login, and what staff or the client put in its place."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.accounts import passwords
from app.accounts.budgets import Budget, budgets_of, forget_failures
from app.accounts.features import Feature, declare, require
from app.accounts.standing import Work
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.keys import KeyRing
from app.core.principal import Level, Principal
from app.galleries.errors import GalleriesOff
from app.galleries.merging import merged
from app.outbox.posting import Content, cancel
from app.portal import store, wording
from app.portal.errors import (
    LoginDefaultMissing,
    NoGalleryOnline,
    PortalClientNotFound,
    PortalLoginNotFound,
    UserNameTaken,
)
from app.portal.guards import Asker
from app.portal.links import path_of
from app.portal.models import LetterKind, LoginField, PortalLogin
from app.portal.schemas import LoginState, PortalLoginAnswer
from app.portal.telling import Post, Told, tell
from app.portal.wording import Addressed
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last
from app.sync.visible import seen

LOGINS = declare(Feature("portal_logins", "Client logins", "How clients sign in to their online galleries."))
TRIES = 5
DEFAULT_FOR = timedelta(hours=24)
"""How often, and for how long, a default password may be tried; it opens something once."""

_SUBJECT = "portal_logins"
_FIELDS: Mapping[str, str] = {
    LoginField.CLIENT_EMAIL: "email",
    LoginField.CLIENT_NUMBER: "client_number",
    LoginField.LAST_NAME: "last_name",
}


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a login is to begin as, and the gallery at whose address it opens something."""

    user_name: str
    password: str
    gallery: asyncpg.Record


def key_of(text: str) -> str:
    """Return what user names and default passwords are compared by: one form, one case, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def budgets_at(keys: KeyRing, gallery_id: UUID, key: str, own: str | None = None) -> tuple[Budget, ...]:
    """Return what a wrong password is counted against at a gallery, given the `key_of` a user name."""
    return budgets_of(keys, f"portal/{gallery_id}", key, own)


async def read(work: Work[Session], client_id: UUID) -> PortalLoginAnswer:
    """Return how a client signs in."""
    require(work.who, LOGINS, Level.VIEW_ONLY)
    await _client(work, client_id)
    return await _answer(work.session, client_id)


async def reset(asker: Asker, client_id: UUID) -> PortalLoginAnswer:
    """Put user name and password back to the company's defaults, and end all the client's sign-ins.

    What was their password is void from now on, whatever becomes of the default one. That opens nothing but
    “choose a new password”, at the address of their gallery, once. Wrong passwords of before count no more.
    """
    async with asker.reading() as reading:
        beginning = await _beginning(reading, client_id)
    kept = await passwords.hash_password(key_of(beginning.password))
    async with asker.writing() as work:
        is_same = await _beginning(work, client_id) == beginning
        if is_same:
            login = await _row(work.session, client_id, beginning.user_name)
            before = _told(login)
            login.user_name, login.user_name_key = beginning.user_name, key_of(beginning.user_name)
            login.password_hash, login.is_default = kept, True
            login.expires_at, login.tries_left = clock.now() + DEFAULT_FOR, TRIES
            await _keep(work.session, work.who, login, before)
            await _forget_failures(work.session, asker.keys, login)
            await _tell_reset(work.session, asker.post, login, beginning)
            return await _answer(work.session, client_id)
    # The client was changed while the password was hashed.
    return await reset(asker, client_id)


async def _tell_reset(session: WriteSession, by: Post, login: PortalLogin, beginning: _Beginning) -> None:
    password_from, until = (await _from(session))[1], login.expires_at or clock.now()

    def say(to: Addressed) -> Content:
        return wording.login_reset(to, password_from, until, TRIES)

    gallery = beginning.gallery
    told = Told(login.client_id, gallery["gallery_id"], gallery["address"])
    await tell(session, by, told, LetterKind.LOGIN_RESET, say)


async def assign(
    asker: Asker, client_id: UUID, user_name: str | None, password: str | None
) -> PortalLoginAnswer:
    """Give a client another user name or password, at once; another password ends their sign-ins."""
    kept = None
    if password is not None:
        async with asker.reading() as reading:
            words = await _known_words(reading, client_id, user_name)
        passwords.require_acceptable(password, *words)
        kept = await passwords.hash_password(password)
    async with asker.writing() as work:
        client = await _changeable(work, client_id)
        login = await store.login(work.session, client_id)
        if login is None and kept is None:
            raise PortalLoginNotFound
        name = user_name or (login.user_name if login else _default(client, (await _from(work.session))[0]))
        await _require_free(work.session, name, client_id)
        login = await _row(work.session, client_id, name)
        before = _told(login)
        login.user_name, login.user_name_key = name, key_of(name)
        if kept is not None:
            set_own(login, kept)
        await _keep(work.session, work.who, login, before, ends=kept is not None)
        if kept is not None:
            await _forget_failures(work.session, asker.keys, login)
        return await _answer(work.session, client_id)


async def choose(session: WriteSession, who: Principal, client_id: UUID, kept: str) -> None:
    """Keep the password a client has chosen, and end all their sign-ins."""
    login = await store.login(session, client_id)
    if login is None:
        raise PortalLoginNotFound
    before = _told(login)
    set_own(login, kept)
    await _keep(session, who, login, before)


@at_last("clients")
async def follow_clients(draft: Draft, written: Sequence[Written]) -> None:
    """Let the logins of clients who are merged go over to whoever stayed and has none that opens anything."""
    for gone, stays in await merged(draft, written):
        await _take_over(draft.session, draft.work.who, gone, stays)
        await store.give_forgotten(draft.session, gone, stays)


async def _take_over(session: WriteSession, who: Principal, gone: UUID, stays: UUID) -> None:
    theirs, login = await store.login(session, gone), await store.login(session, stays)
    is_theirs_good = theirs is not None and state_of(theirs) is not LoginState.VOID
    if theirs is None or (login and (state_of(login) is not LoginState.VOID or not is_theirs_good)):
        return
    before, after = _told(login) if login else None, _told(theirs)
    for each in (theirs, login):
        if each is not None:
            session.expunge(each)
    if await store.give_login(session, gone, stays):
        action = Action.CHANGED if before else Action.CREATED
        await keep(session, who, Entry(LOGINS, _SUBJECT, stays, action, before, after))


def set_own(login: PortalLogin, kept: str) -> None:
    """Have a login opened by a password that is no default one."""
    login.password_hash, login.is_default, login.expires_at, login.tries_left = kept, False, None, 0


async def known_words(session: Session, client_id: UUID) -> list[str]:
    """Return what anybody may know of a client, and would try as a password first."""
    client = await store.client(session, client_id)
    login = await store.login(session, client_id)
    if client is None:
        return []
    names = ("first_name", "last_name", "company_name", "email", "studio", "account_name", "organization")
    address, _, host = (client["email"] or "").partition("@")
    told = [client[name] or "" for name in names] + [address, host, str(client["client_number"] or "")]
    return [*told, login.user_name if login else "", *await store.titles(session, client_id)]


async def _known_words(work: Work[Session], client_id: UUID, user_name: str | None) -> list[str]:
    await _changeable(work, client_id)
    return [*await known_words(work.session, client_id), user_name or ""]


async def _beginning(work: Work[Session] | Work[WriteSession], client_id: UUID) -> _Beginning:
    client = await _changeable(work, client_id)
    gallery = await store.open_gallery_of(work.session, client_id)
    if gallery is None:
        raise NoGalleryOnline
    name_from, password_from = await _from(work.session)
    found = _Beginning(_default(client, name_from), _default(client, password_from), gallery)
    await _require_free(work.session, found.user_name, client_id)
    return found


async def _from(session: Session) -> tuple[str, str]:
    chosen = await store.settings(session)
    return chosen.user_name_from, chosen.password_from


def _default(client: asyncpg.Record, wanted: str) -> str:
    found = str(client[_FIELDS[wanted]] or "").strip()
    if not found:
        raise LoginDefaultMissing(missing=wanted)
    return found


async def _changeable(work: Work[Session] | Work[WriteSession], client_id: UUID) -> asyncpg.Record:
    """Return a client whose login may be changed, or refuse."""
    require(work.who, LOGINS, Level.ADD_MODIFY)
    client = await _client(work, client_id)
    if not client["has_galleries"]:
        raise GalleriesOff
    return client


async def _client(work: Work[Session] | Work[WriteSession], client_id: UUID) -> asyncpg.Record:
    is_seen = await seen(work, "clients", client_id) is not None
    client = await store.client(work.session, client_id) if is_seen else None
    if client is None:
        raise PortalClientNotFound
    return client


async def _require_free(session: Session, user_name: str, client_id: UUID) -> None:
    if await store.is_taken(session, key_of(user_name), client_id):
        raise UserNameTaken(user_name=user_name)


async def _row(session: WriteSession, client_id: UUID, user_name: str) -> PortalLogin:
    return await store.login(session, client_id) or PortalLogin(
        account_id=session.account_id,
        client_id=client_id,
        user_name=user_name,
        user_name_key=key_of(user_name),
        is_default=True,
        changed_at=clock.now(),
    )


async def _keep(
    session: WriteSession, who: Principal, login: PortalLogin, before: dict[str, Any], *, ends: bool = True
) -> None:
    """Write a login, tell the trail, and end the client's sign-ins where the password is another."""
    action = Action.CHANGED if login in session else Action.CREATED
    login.changed_at = clock.now()
    session.add(login)
    await session.flush()
    if ends:
        await store.end_all(session, login.client_id)
        # Letters that still wait tell of what is no longer so.
        await cancel(session, await store.unsent(session, login.client_id))
    told = before if action is Action.CHANGED else None
    await keep(session, who, Entry(LOGINS, _SUBJECT, login.client_id, action, told, _told(login)))


async def _forget_failures(session: WriteSession, keys: KeyRing, login: PortalLogin) -> None:
    """Let a client in whom somebody has locked out by wrong passwords, at all galleries of theirs."""
    for gallery_id in await store.galleries_of(session, login.client_id):
        await forget_failures(session, budgets_at(keys, gallery_id, login.user_name_key))


async def tell_void(session: WriteSession, who: Principal, by: Post, told: Told) -> None:
    """Tell client and trail that a default password was tried too often and opens nothing any more."""
    await tell(session, by, told, LetterKind.RESET_VOID, wording.reset_void)
    states = {"state": LoginState.DEFAULT.value}, {"state": LoginState.VOID.value}
    await keep(session, who, Entry(LOGINS, _SUBJECT, told.client_id, Action.CHANGED, *states))


def state_of(login: PortalLogin) -> LoginState:
    """Return what opens a login now."""
    if login.password_hash is None:
        return LoginState.VOID
    if not login.is_default:
        return LoginState.OWN
    is_good = login.tries_left > 0 and login.expires_at is not None and login.expires_at > clock.now()
    return LoginState.DEFAULT if is_good else LoginState.VOID


def _told(login: PortalLogin) -> dict[str, Any]:
    return {"user_name": login.user_name, "state": state_of(login).value, "expires_at": login.expires_at}


async def _answer(session: Session, client_id: UUID) -> PortalLoginAnswer:
    login = await store.login(session, client_id)
    if login is None:
        raise PortalLoginNotFound
    gallery = await store.open_gallery_of(session, client_id)
    state = state_of(login)
    is_default = state is LoginState.DEFAULT
    return PortalLoginAnswer(
        client_id=client_id,
        user_name=login.user_name,
        state=state,
        password_from=LoginField((await store.settings(session)).password_from) if is_default else None,
        expires_at=login.expires_at if is_default else None,
        tries_left=login.tries_left if is_default else None,
        changed_at=login.changed_at,
        path=path_of(gallery["address"]) if gallery else None,
    )
