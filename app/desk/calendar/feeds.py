"""Calendar feeds: addresses that are secrets, made and revoked by their users, and what they tell."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from app.accounts import store as accounts
from app.accounts.events import UserChanged
from app.accounts.features import USERS, allows, require
from app.accounts.standing import refuse_lapsed, who_asks
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.events import hears
from app.core.ids import new_id
from app.core.principal import Level, Principal
from app.core.revisions import Clock, read_clock
from app.desk.calendar import store
from app.desk.calendar.errors import FeedNotFound, TooManyFeeds
from app.desk.calendar.models import CalendarFeed
from app.desk.calendar.schedule import sight_of
from app.desk.calendar.store import Wanted
from app.http.limits import Limit

MOST_FEEDS = 5
DAYS_BACK = 30
DAYS_AHEAD = 365
MOST_ENTRIES = 2_000
"""How many bookings a feed tells; of more it has the earliest."""
READS = Limit("calendar feed", 20)
"""How often a feed is read."""
MISSES = Limit("no calendar feed", 60)
"""How often somebody asks for feeds that are none, by their network.

They are not counted by what they ask for: that is theirs to make up, and each would take the place of a
caller who is counted.
"""

_FORM = 1
"""How a feed is written; to be raised with any change of that, so that copies of before are read anew."""
_ID_BYTES = 16
_SECRET_BYTES = 32
_NOTED_ONCE_IN = timedelta(hours=1)
_SUBJECT = "calendar_feeds"


@dataclass(frozen=True, slots=True)
class Address:
    """What the secret part of an address says: whose account it is about, and the hash of its feed."""

    account_id: UUID
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that may be read now, on whose behalf, and as of when."""

    feed_id: UUID
    name: str
    who: Principal
    at: Clock
    is_to_note: bool

    @property
    def version(self) -> str:
        """Return what changes whenever what the feed tells may have: the account, rights, or the day."""
        told = (_FORM, self.feed_id, self.at.epoch, self.at.revision, self.at.scope_revision, self.today)
        return sha256(repr(told).encode()).hexdigest()[:32]

    @property
    def today(self) -> date:
        """Return what day it is for the company."""
        return self.at.day_in(self.who.time_zone)


@dataclass(frozen=True, slots=True)
class Told:
    """What a feed tells: bookings and special events as they were read, and what their zones are."""

    rows: Sequence[asyncpg.Record]
    special: Sequence[asyncpg.Record]
    zones: dict[UUID, str]
    company: dict[str, Any]


def secret_of(account_id: UUID) -> tuple[str, bytes]:
    """Make a secret: the part of an address that holds it, and its hash, which alone is kept."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    return urlsafe_b64encode(account_id.bytes + secret).decode(), sha256(secret).digest()


def opened(text: str) -> Address | None:
    """Return what the secret part of an address says; none when it cannot be one of ours."""
    try:
        packed = b64decode(text, b"-_", validate=True)
    except ValueError:
        return None
    if len(packed) != _ID_BYTES + _SECRET_BYTES:
        return None
    return Address(UUID(bytes=packed[:_ID_BYTES]), sha256(packed[_ID_BYTES:]).digest())


async def make(session: WriteSession, who: Principal, name: str) -> tuple[CalendarFeed, str]:
    """Make a feed of a user's own schedule; its secret is returned and kept nowhere."""
    user_id = _caller(who)
    if await store.count_feeds(session, user_id) >= MOST_FEEDS:
        raise TooManyFeeds(max_feeds=MOST_FEEDS)
    secret, secret_hash = secret_of(session.account_id)
    feed = CalendarFeed(
        account_id=session.account_id,
        feed_id=new_id(),
        user_id=user_id,
        name=name,
        secret_hash=secret_hash,
        created_at=clock.now(),
    )
    session.add(feed)
    await session.flush()
    await keep(session, who, Entry(USERS, _SUBJECT, feed.feed_id, Action.CREATED, None, _told(feed)))
    return feed, secret


async def feeds_of(session: Session, who: Principal, user_id: UUID | None) -> Sequence[CalendarFeed]:
    """Return the feeds of the caller, or of another user to whoever may view users."""
    if user_id not in (None, who.user_id):
        require(who, USERS, Level.VIEW_ONLY)
    return await store.feeds_of(session, user_id or _caller(who))


def _caller(who: Principal) -> UUID:
    if who.user_id is None:
        raise TypeError("the house itself has no schedule")
    return who.user_id


async def revoke(session: WriteSession, who: Principal, feed_id: UUID) -> None:
    """End a feed at once: the caller's own, or anybody's for whoever may change users."""
    feed = await store.find_feed(session, feed_id)
    if feed is None or (feed.user_id != who.user_id and not allows(who, USERS, Level.ADD_MODIFY)):
        raise FeedNotFound
    await _end(session, who, feed)


@hears(UserChanged)
async def end_with_the_user(session: WriteSession, who: Principal, event: UserChanged) -> None:
    """End the feeds of a user who is deactivated, so that none is read again should they come back."""
    if not event.is_active:
        for feed in await store.feeds_of(session, event.user_id):
            await _end(session, who, feed)


async def _end(session: WriteSession, who: Principal, feed: CalendarFeed) -> None:
    await store.remove_feed(session, feed.feed_id)
    await keep(session, who, Entry(USERS, _SUBJECT, feed.feed_id, Action.DELETED, _told(feed), None))


def _told(feed: CalendarFeed) -> dict[str, Any]:
    return {"user_id": feed.user_id, "name": feed.name}


async def subscribed(session: Session, address: Address) -> Subscription | None:
    """Return the feed of a secret, if it may be read: with the rights its user has now.

    Raises `SubscriptionInactive` where the account has no current subscription.
    """
    feed = await store.feed_of_secret(session, address.secret_hash)
    row = await accounts.read_standing_of_user(session, feed.user_id) if feed else None
    if feed is None or row is None or not row["is_active"]:
        return None
    refuse_lapsed(row)
    who = who_asks(row, session.account_id)
    at = await read_clock(session)
    is_to_note = feed.last_read_at is None or at.now - feed.last_read_at >= _NOTED_ONCE_IN
    return Subscription(feed.feed_id, feed.name, who, at, is_to_note)


async def read_feed(session: Session, subscription: Subscription) -> Told:
    """Return what a feed tells of its user's days, the last 30 and the next 365."""
    who, today = subscription.who, subscription.today
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    users = [who.user_id] if who.user_id else []
    wanted = Wanted(first=first, last=last, users=users, resources=[], studio=None, sight=sight_of(who))
    ground = await store.read_ground(session, users, [], None)
    rows = await store.bookings(session, wanted, MOST_ENTRIES)
    special = await store.special_events(session, first, last, None)
    return Told(rows, special, ground.zones, ground.company)
