"""The rules of signing a client in, of a password of their own, and of a login that was forgotten."""

from dataclasses import dataclass
from datetime import timedelta

from app.accounts import passwords
from app.accounts.budgets import (
    Budget,
    count_failure,
    count_network,
    forget_failures,
    require_budgets,
    require_network,
)
from app.accounts.turns import turn_of
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.keys import KeyRing
from app.core.principal import Principal
from app.http.limits import Limit
from app.portal import logins, store
from app.portal.store import OpenGallery
from app.portal.telling import Post, Told, tell_forgotten

SIGNED_IN_FOR = timedelta(days=7)
LIMITED_FOR = timedelta(minutes=30)
"""How long a client stays signed in, and how long they have to choose a password of their own."""
ASKED = Limit("forgotten login", 10, 3_600)
"""How often a new login is asked for, by network."""
_LONGEST = 4 * passwords.LONGEST


class WrongWords(Exception):
    """User name or password are wrong, or no longer good; which is never told."""


class Gone(Exception):
    """The sign-in has ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Trying:
    """Who tries a password at a gallery: whose it is, and from where."""

    database: Database
    keys: KeyRing
    gallery: OpenGallery
    who: Principal
    network: str | None
    post: Post
    token_hash: bytes
    """What is kept of the sign-in: of the one that is to begin, or that there is."""

    def budgets(self, user_name: str, own: str | None = None) -> tuple[Budget, ...]:
        """Return what a wrong password is counted against: a user name here, and the gallery's address."""
        return logins.budgets_at(self.keys, self.gallery.gallery_id, logins.key_of(user_name), own)


async def sign_in(trying: Trying, user_name: str, password: str) -> bool:
    """Sign a client in to their gallery, and say whether they may do no more than choose a password.

    Passwords are compared between two transactions, one at a time for a gallery. A default password is good
    once, and a try at it is spent before it is compared.
    """
    key, budgets, client_id = logins.key_of(user_name), trying.budgets(user_name), trying.gallery.client_id
    account_id = trying.gallery.account_id
    async with trying.database.reading(account_id) as session:
        await require_budgets(session, budgets)
    await require_network(trying.database, trying.keys, trying.network)
    async with turn_of(budgets, is_own=False):
        async with trying.database.writing(account_id) as session:
            await require_budgets(session, budgets)
            kept, is_default = await store.take_try(session, client_id, key)
        if not await _is_right(password, kept, is_default=is_default) or kept is None:
            await _count(trying, budgets)
            raise WrongWords
    async with trying.database.writing(account_id) as session:
        await _require_still(session, trying, kept, is_default=is_default)
        await forget_failures(session, budgets)
        await _begin(session, trying, limited=is_default)
    return is_default


async def choose(trying: Trying, current: str | None, new: str, new_hash: bytes) -> None:
    """Keep the password a client chooses, and end all their sign-ins but the one that begins.

    `current` is what they have typed as theirs until now; none of who came in by a default one. Raises
    `PasswordBlocked`, `WrongWords` and `Gone`.
    """
    gallery, database = trying.gallery, trying.database
    async with database.reading(gallery.account_id) as session:
        login = await store.login(session, gallery.client_id)
        words = await logins.known_words(session, gallery.client_id)
    if login is None:
        raise Gone
    if current is not None:
        await _prove(trying, login.user_name, login.password_hash, current)
    passwords.require_acceptable(new, *words)
    kept = await passwords.hash_password(new)
    async with database.writing(gallery.account_id) as session:
        fresh = await store.login(session, gallery.client_id)
        if fresh is None or await store.sign_in(session, trying.token_hash) is None:
            raise Gone
        if current is not None and fresh.password_hash != login.password_hash:
            raise Gone
        await logins.choose(session, trying.who, gallery.client_id, kept)
        await _begin(session, trying, limited=False, token_hash=new_hash)


async def ask_anew(database: Database, by: Post, gallery: OpenGallery, user_name: str) -> None:
    """Send a client a link to a new password, if these are their words; nobody is told which."""
    async with database.writing(gallery.account_id) as session:
        await tell_forgotten(session, by, _told_of(gallery), logins.key_of(user_name))


async def is_good(database: Database, gallery: OpenGallery, link_hash: bytes) -> bool:
    """Say whether a link opens something at a gallery; it is not followed by that."""
    async with database.reading(gallery.account_id) as session:
        return await store.has_link(session, link_hash, gallery.client_id, gallery.gallery_id)


async def follow(trying: Trying, link_hash: bytes) -> None:
    """Spend a link: a sign-in begins that may do no more than choose a password. Raises `Gone`."""
    gallery = trying.gallery
    async with trying.database.writing(gallery.account_id) as session:
        is_spent = await store.spend_link(session, link_hash, gallery.client_id, gallery.gallery_id)
        if not (is_spent and await _is_open(session, gallery)):
            raise Gone
        await _begin(session, trying, limited=True)


def _told_of(gallery: OpenGallery) -> Told:
    """Return who is told what becomes of a login to a gallery."""
    return Told(gallery.client_id, gallery.gallery_id, gallery.address)


async def _is_right(password: str, kept: str | None, *, is_default: bool) -> bool:
    typed = password if len(password) <= _LONGEST else ""
    return await passwords.verify(logins.key_of(typed) if is_default else typed, kept)


async def _prove(trying: Trying, user_name: str, kept: str | None, current: str) -> None:
    """Compare what a client has typed as their password; wrong ones count for this sign-in alone."""
    budgets = trying.budgets(user_name, f"sign-in:{trying.token_hash.hex()}")
    async with turn_of(budgets, is_own=True):
        async with trying.database.reading(trying.gallery.account_id) as session:
            await require_budgets(session, budgets)
        if not await _is_right(current, kept, is_default=False):
            async with trying.database.writing(trying.gallery.account_id) as writing:
                await count_failure(writing, budgets)
            raise WrongWords


async def _count(trying: Trying, budgets: tuple[Budget, ...]) -> None:
    """Count a wrong password; a default one that has no tries left is void from now on."""
    await count_network(trying.database, trying.keys, trying.network)
    gallery = trying.gallery
    async with trying.database.writing(gallery.account_id) as session:
        await count_failure(session, budgets)
        if await store.void(session, gallery.client_id):
            await logins.tell_void(session, trying.who, trying.post, _told_of(gallery))


async def _require_still(session: WriteSession, trying: Trying, kept: str, *, is_default: bool) -> None:
    """Refuse what was changed, or opened something, while it was compared."""
    gallery = trying.gallery
    is_open = await _is_open(session, gallery)
    if is_default:
        is_good = await store.spend(session, gallery.client_id, kept)
    else:
        login = await store.login(session, gallery.client_id)
        is_good = login is not None and not login.is_default and login.password_hash == kept
    if not (is_open and is_good):
        raise WrongWords


async def _is_open(session: Session, gallery: OpenGallery) -> bool:
    found = await store.open_gallery(session, gallery.gallery_id)
    return found is not None and found.client_id == gallery.client_id


async def _begin(
    session: WriteSession, trying: Trying, *, limited: bool, token_hash: bytes | None = None
) -> None:
    gallery = trying.gallery
    ends_at = clock.now() + (LIMITED_FOR if limited else SIGNED_IN_FOR)
    given = token_hash or trying.token_hash, gallery.client_id, gallery.gallery_id, ends_at
    await store.begin(session, *given, limited=limited)
