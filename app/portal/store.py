"""The only SQL of logins, sign-ins and letters of the portal; every statement names the account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.accounts.models import CURRENT_STATES
from app.core import clock
from app.core.db import Session, WriteSession
from app.galleries.lifecycle.standing import OF_COMPANY, OF_SESSION, hidden_because
from app.outbox.posting import posted
from app.portal.models import LetterKind, PortalLogin, PortalSettings

KEPT = timedelta(days=90)
"""How long a letter is kept once it was sent or acknowledged."""
MOST_LETTERS_AN_HOUR = 3
"""To one client, about a login they have forgotten."""

_STATES = [str(each) for each in CURRENT_STATES]


def _as_json(row: str, fields: Iterable[str]) -> str:
    return f"json_build_object({', '.join(f'{name!r}, {row}.{name}' for name in fields)})"


_STANDING = (
    f"json_build_object('session', {_as_json('s', OF_SESSION)}, 'company', {_as_json('c', OF_COMPANY)})::text"
)
"""What it is judged by whether a gallery is open, by the one rule there is for it (`hidden_because`)."""
_OPEN = """
FROM galleries g
JOIN sessions s ON s.account_id = g.account_id AND s.id = g.session_id
JOIN clients k ON k.account_id = s.account_id AND k.id = s.client_id
JOIN companies c ON c.account_id = g.account_id
JOIN accounts a ON a.account_id = g.account_id
LEFT JOIN session_types t ON t.account_id = s.account_id AND t.id = s.session_type_id
LEFT JOIN organizations o
    ON o.account_id = s.account_id AND o.id = coalesce(s.organization_id, k.organization_id)
WHERE g.account_id = $1 AND g.taken_down_at IS NULL AND a.subscription_state = ANY($2::text[])
"""
"""Galleries that were not taken down; whether they are open is told by their `standing`."""
_HAS_PREPAID = """EXISTS (
    SELECT FROM invoices i
    WHERE i.account_id = s.account_id AND i.session_id = s.id AND i.client_id = s.client_id
        AND i.is_prepaid_online AND i.prepaid_upload_state = 'uploaded'
        AND i.invoice_type NOT IN ('estimate', 'credit_memo'))"""
_GALLERY = f"""
SELECT {_STANDING} AS standing, {_HAS_PREPAID} AS has_prepaid,
    g.id AS gallery_id, g.session_id, g.address, s.client_id, a.account_name, a.company_name, a.time_zone,
    s.description, s.web_expire_date, s.yearbook_image, s.yearbook_image_secondary, s.yearbook_status,
    coalesce(t.is_for_organizations, false) AS has_yearbook,
    coalesce(o.is_secondary_image_required, false) AS needs_second,
    o.name AS organization, o.yearbook_deadline, k.first_name, k.last_name, k.email, k.client_number,
    c.currency, c.locale, EXISTS (
        SELECT FROM web_price_lists l
        JOIN web_products p ON p.account_id = l.account_id AND p.price_list_id = l.id AND p.is_active
        WHERE l.account_id = s.account_id AND lower(l.name) = lower(s.web_price_list) AND l.is_active
    ) AS sells, coalesce((
        SELECT jsonb_array_length(w.lines) FROM web_carts w
        WHERE w.account_id = g.account_id AND w.gallery_id = g.id AND w.client_id = s.client_id
    ), 0) AS in_cart, EXISTS (
        SELECT FROM web_orders w
        WHERE w.account_id = g.account_id AND w.gallery_id = g.id AND w.ordered_by_id = s.client_id
    ) AS has_orders
{_OPEN} AND g.id = $3
"""
_OF_CLIENT = f"""
SELECT {_STANDING} AS standing, g.id AS gallery_id, g.address, a.time_zone
{_OPEN} AND s.client_id = $3 ORDER BY g.published_at DESC
"""
_CLIENT = """
SELECT k.id AS client_id, k.first_name, k.last_name, k.email, k.client_number, k.company_name,
    c.has_galleries, a.account_name, a.company_name AS studio, o.name AS organization
FROM clients k JOIN companies c ON c.account_id = k.account_id JOIN accounts a ON a.account_id = k.account_id
LEFT JOIN organizations o ON o.account_id = k.account_id AND o.id = k.organization_id
WHERE k.account_id = $1 AND k.id = $2
"""
_ADDRESSEE = """
SELECT k.email, l.user_name, a.company_name AS studio, a.time_zone
FROM clients k JOIN accounts a ON a.account_id = k.account_id
LEFT JOIN portal_logins l ON l.account_id = k.account_id AND l.client_id = k.id
WHERE k.account_id = $1 AND k.id = $2
"""
_GALLERIES_OF = """
SELECT g.id FROM galleries g JOIN sessions s ON s.account_id = g.account_id AND s.id = g.session_id
WHERE g.account_id = $1 AND s.client_id = $2 AND g.taken_down_at IS NULL
"""
_TITLES = "SELECT description FROM sessions WHERE account_id = $1 AND client_id = $2"
_SIGN_IN = """
SELECT client_id, gallery_id, is_limited FROM portal_sessions
WHERE account_id = $1 AND token_hash = $2 AND ends_at > $3
"""
_TRY = """
UPDATE portal_logins SET tries_left = tries_left - 1
WHERE account_id = $1 AND client_id = $2 AND user_name_key = $3
  AND is_default AND password_hash IS NOT NULL AND tries_left > 0 AND expires_at > $4
RETURNING password_hash
"""
_OWN = """
SELECT password_hash FROM portal_logins
WHERE account_id = $1 AND client_id = $2 AND user_name_key = $3 AND NOT is_default
"""
_SPEND = """
UPDATE portal_logins SET password_hash = NULL, tries_left = 0
WHERE account_id = $1 AND client_id = $2 AND is_default AND password_hash = $3
RETURNING user_name
"""
_VOID = """
UPDATE portal_logins SET password_hash = NULL
WHERE account_id = $1 AND client_id = $2 AND is_default AND tries_left = 0 AND password_hash IS NOT NULL
RETURNING user_name
"""
_BEGIN = """
INSERT INTO portal_sessions (account_id, token_hash, client_id, gallery_id, is_limited, ends_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_ADD_LETTER = """
INSERT INTO portal_letters (account_id, letter_id, client_id, gallery_id, kind, made_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
# Whether or not it is the client's name, the same statement is carried out.
_ADD_FORGOTTEN = f"""
WITH asked AS MATERIALIZED (
    SELECT k.account_id, k.id AS client_id
    FROM clients k LEFT JOIN portal_logins l ON l.account_id = k.account_id AND l.client_id = k.id
    WHERE k.account_id = $1::uuid AND k.id = $3 AND (l.user_name_key = $7 OR lower(k.email) = $7)
      AND $9 > (SELECT count(*) FROM portal_letters m
                WHERE m.account_id = $1 AND m.client_id = $3 AND m.kind = $5 AND m.made_at > $8)
), told AS (
    INSERT INTO portal_letters (account_id, letter_id, client_id, gallery_id, kind, made_at)
    SELECT account_id, $2::uuid, client_id, $4::uuid, $5::varchar, $6::timestamptz FROM asked
    RETURNING letter_id
), linked AS (
    INSERT INTO portal_links (account_id, token_hash, client_id, gallery_id, letter_id, ends_at)
    SELECT account_id, $10::bytea, client_id, $4, $2, $11::timestamptz FROM asked WHERE $12::boolean
    RETURNING letter_id
)
{posted("$1", "$13", "$6", "$12 AND EXISTS (SELECT FROM asked)")}
"""
_HAS_LINK = """
SELECT true FROM portal_links
WHERE account_id = $1 AND token_hash = $2 AND client_id = $3 AND gallery_id = $4 AND ends_at > $5
"""
_SPEND_LINK = """
DELETE FROM portal_links
WHERE account_id = $1 AND token_hash = $2 AND client_id = $3 AND gallery_id = $4 AND ends_at > $5
RETURNING true
"""
_SHORTEN_LINK = """
UPDATE portal_links SET ends_at = least(ends_at, $3) WHERE account_id = $1 AND letter_id = $2
"""
_MARK_SENT = "UPDATE portal_letters SET sent_at = $3 WHERE account_id = $1 AND letter_id = $2"
_MARK_UNSENT = "UPDATE portal_letters SET sent_at = NULL WHERE account_id = $1 AND letter_id = $2"
_GIVE_FORGOTTEN = """
UPDATE portal_letters SET client_id = $3
WHERE account_id = $1 AND client_id = $2 AND kind = $4
    AND EXISTS (SELECT FROM clients WHERE account_id = $1 AND id = $3)
"""
_LETTER_COLUMNS = """
l.letter_id AS id, l.client_id, l.kind, l.made_at, l.sent_at, l.acknowledged_at, l.acknowledged_by,
p.state, p.last_code,
(SELECT g.address FROM galleries g
 WHERE g.account_id = l.account_id AND g.id = l.gallery_id AND g.taken_down_at IS NULL) AS address
"""
_FROM_LETTERS = """
FROM portal_letters l
LEFT JOIN letters p ON p.account_id = l.account_id AND p.letter_id = l.letter_id
"""
_LETTERS = f"""
SELECT {_LETTER_COLUMNS} {_FROM_LETTERS}
WHERE l.account_id = $1 AND ($2 OR l.acknowledged_at IS NULL AND l.sent_at IS NULL)
ORDER BY l.made_at DESC, l.letter_id DESC LIMIT $3
"""
_LETTER = f"SELECT {_LETTER_COLUMNS} {_FROM_LETTERS} WHERE l.account_id = $1 AND l.letter_id = $2"
_ACKNOWLEDGE = """
UPDATE portal_letters SET acknowledged_at = $3, acknowledged_by = $4
WHERE account_id = $1 AND letter_id = $2 AND acknowledged_at IS NULL
"""
_FORGET_SESSIONS = """
DELETE FROM portal_sessions WHERE account_id = $1 AND token_hash = ANY(ARRAY(
    SELECT token_hash FROM portal_sessions WHERE account_id = $1 AND ends_at <= $2 LIMIT $3))
"""
_FORGET_LETTERS = """
DELETE FROM portal_letters WHERE account_id = $1 AND letter_id = ANY(ARRAY(
    SELECT letter_id FROM portal_letters
    WHERE account_id = $1 AND (acknowledged_at <= $2 OR sent_at <= $2) LIMIT $3))
"""
_FORGET_LINKS = """
DELETE FROM portal_links WHERE account_id = $1 AND token_hash = ANY(ARRAY(
    SELECT token_hash FROM portal_links WHERE account_id = $1 AND ends_at <= $2 LIMIT $3))
"""


@dataclass(frozen=True, slots=True)
class OpenGallery:
    """A gallery that may be looked at, with what its pages say of it, and whose it is."""

    account_id: UUID
    gallery_id: UUID
    session_id: UUID
    client_id: UUID
    address: str
    account_name: str
    company_name: str
    time_zone: str
    description: str
    web_expire_date: date | None
    has_prepaid: bool
    """Whether the client may choose images for an order that is paid already."""
    has_yearbook: bool
    needs_second: bool
    yearbook_image: str | None
    yearbook_image_secondary: str | None
    yearbook_status: str | None
    yearbook_deadline: date | None
    organization: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    client_number: int | None
    currency: str
    locale: str
    sells: bool
    in_cart: int
    """Lines in the client's cart."""
    has_orders: bool


async def place_of(
    connection: "asyncpg.Connection[asyncpg.Record]", address_hash: bytes
) -> tuple[UUID, UUID] | None:
    """Return account and gallery of an address, from the directory."""
    row = await connection.fetchrow(
        "SELECT account_id, gallery_id FROM gallery_addresses WHERE address_hash = $1", address_hash
    )
    return (row["account_id"], row["gallery_id"]) if row else None


async def open_gallery(session: Session, gallery_id: UUID) -> OpenGallery | None:
    """Return a gallery if it is open, whatever the beat has done by now."""
    row = await session.raw.fetchrow(_GALLERY, session.account_id, _STATES, gallery_id)
    if row is None or not _is_open(row):
        return None
    return OpenGallery(
        account_id=session.account_id, **{name: each for name, each in row.items() if name != "standing"}
    )


async def open_gallery_of(session: Session, client_id: UUID) -> asyncpg.Record | None:
    """Return id and address of a client's gallery that is open, the latest."""
    rows = await session.raw.fetch(_OF_CLIENT, session.account_id, _STATES, client_id)
    return next((row for row in rows if _is_open(row)), None)


def _is_open(row: asyncpg.Record) -> bool:
    standing = orjson.loads(row["standing"])
    return not hidden_because(standing["session"], standing["company"], clock.today(row["time_zone"]))


async def galleries_of(session: Session, client_id: UUID) -> list[UUID]:
    """Return a client's galleries that were not taken down, open or not."""
    rows = await session.raw.fetch(_GALLERIES_OF, session.account_id, client_id)
    return [row["id"] for row in rows]


async def client(session: Session, client_id: UUID) -> asyncpg.Record | None:
    """Return what logins are made of, and what is known of a client and their studio."""
    return await session.raw.fetchrow(_CLIENT, session.account_id, client_id)


async def titles(session: Session, client_id: UUID) -> list[str]:
    """Return what a client's sessions are called."""
    return [row["description"] for row in await session.raw.fetch(_TITLES, session.account_id, client_id)]


async def settings(session: Session) -> PortalSettings:
    """Return what logins begin as."""
    found = await session.get(PortalSettings, session.account_id)
    return found or PortalSettings(account_id=session.account_id)


async def login(session: Session, client_id: UUID) -> PortalLogin | None:
    """Return how a client signs in."""
    return await session.get(PortalLogin, (session.account_id, client_id))


async def give_login(session: WriteSession, client_id: UUID, to: UUID) -> bool:
    """Give a client's login, with its sign-ins, links and letters, to another, whose own ends.

    Say whether that was possible: another who is only being written has no place for it yet.
    """
    is_there = "SELECT true FROM clients WHERE account_id = $1 AND id = $2"
    if not await session.raw.fetchval(is_there, session.account_id, to):
        return False
    await end_all(session, to)
    sql = "DELETE FROM portal_logins WHERE account_id = $1 AND client_id = $2"
    await session.raw.execute(sql, session.account_id, to)
    for table in ("portal_logins", "portal_sessions", "portal_links", "portal_letters"):
        sql = f"UPDATE {table} SET client_id = $3 WHERE account_id = $1 AND client_id = $2"
        await session.raw.execute(sql, session.account_id, client_id, to)
    return True


async def give_forgotten(session: WriteSession, client_id: UUID, to: UUID) -> None:
    """Have letters that a client has asked for a new login be about another."""
    kind = LetterKind.LOGIN_FORGOTTEN.value
    await session.raw.execute(_GIVE_FORGOTTEN, session.account_id, client_id, to, kind)


async def is_taken(session: Session, key: str, client_id: UUID) -> bool:
    """Say whether another client has a user name."""
    sql = "SELECT true FROM portal_logins WHERE account_id = $1 AND user_name_key = $2 AND client_id <> $3"
    return bool(await session.raw.fetchval(sql, session.account_id, key, client_id))


async def take_try(session: WriteSession, client_id: UUID, key: str) -> tuple[str | None, bool]:
    """Return the hash of a client's password, if that is their user name, and whether it is a default one.

    A try at a default password is spent before it is compared, so that those sent at once are no more than
    there are. Both statements are carried out for any name.
    """
    asked = session.account_id, client_id, key
    default = await session.raw.fetchval(_TRY, *asked, clock.now())
    own = await session.raw.fetchval(_OWN, *asked)
    return (default, True) if default else (own, False)


async def spend(session: WriteSession, client_id: UUID, kept: str) -> bool:
    """Spend a default password that has opened something, and say whether it was still good."""
    return bool(await session.raw.fetchval(_SPEND, session.account_id, client_id, kept))


async def void(session: WriteSession, client_id: UUID) -> bool:
    """Void a default password whose tries are spent, and say whether that was just now."""
    return bool(await session.raw.fetchval(_VOID, session.account_id, client_id))


async def begin(
    session: WriteSession,
    token_hash: bytes,
    client_id: UUID,
    gallery_id: UUID,
    ends_at: datetime,
    *,
    limited: bool,
) -> None:
    """Keep that a client has signed in."""
    given = token_hash, client_id, gallery_id, limited, ends_at
    await session.raw.execute(_BEGIN, session.account_id, *given)


async def sign_in(session: Session, token_hash: bytes) -> asyncpg.Record | None:
    """Return whose sign-in a token is, and to which gallery, while it lasts."""
    return await session.raw.fetchrow(_SIGN_IN, session.account_id, token_hash, clock.now())


async def end(session: WriteSession, token_hash: bytes) -> None:
    """End a sign-in."""
    sql = "DELETE FROM portal_sessions WHERE account_id = $1 AND token_hash = $2"
    await session.raw.execute(sql, session.account_id, token_hash)


async def end_all(session: WriteSession, client_id: UUID) -> None:
    """End all sign-ins of a client, and links to new ones."""
    for table in ("portal_sessions", "portal_links"):
        sql = f"DELETE FROM {table} WHERE account_id = $1 AND client_id = $2"
        await session.raw.execute(sql, session.account_id, client_id)


async def unsent(session: Session, client_id: UUID) -> list[UUID]:
    """Return letters to a client that were not sent."""
    sql = "SELECT letter_id FROM portal_letters WHERE account_id = $1 AND client_id = $2 AND sent_at IS NULL"
    return [row["letter_id"] for row in await session.raw.fetch(sql, session.account_id, client_id)]


async def addressee(session: Session, client_id: UUID) -> asyncpg.Record | None:
    """Return how a client is written to about their login; without a login they have no user name."""
    return await session.raw.fetchrow(_ADDRESSEE, session.account_id, client_id)


async def add_letter(
    session: WriteSession, letter_id: UUID, client_id: UUID, gallery_id: UUID, kind: LetterKind
) -> None:
    """Keep that a client is to be told something."""
    given = letter_id, client_id, gallery_id, kind.value, clock.now()
    await session.raw.execute(_ADD_LETTER, session.account_id, *given)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody at a gallery says that they have forgotten their login, which `key` is to be the name of.

    If so, and if it `is_sent`, a letter that was `prepared` goes, with a link until `ends_at`.
    """

    letter_id: UUID
    client_id: UUID
    gallery_id: UUID
    key: str
    token_hash: bytes
    ends_at: datetime
    prepared: str
    is_sent: bool


async def add_forgotten(session: WriteSession, asked: Forgotten) -> None:
    """Keep that a client has forgotten their login, if that is their user name or address, not too often."""
    now, kind = clock.now(), LetterKind.LOGIN_FORGOTTEN.value
    given = asked.letter_id, asked.client_id, asked.gallery_id, kind, now, asked.key
    bounds = now - timedelta(hours=1), MOST_LETTERS_AN_HOUR
    sent = asked.token_hash, asked.ends_at, asked.is_sent, asked.prepared
    await session.raw.execute(_ADD_FORGOTTEN, session.account_id, *given, *bounds, *sent)


async def has_link(session: Session, token_hash: bytes, client_id: UUID, gallery_id: UUID) -> bool:
    """Say whether there is a link to a client's gallery that has not ended."""
    asked = token_hash, client_id, gallery_id, clock.now()
    return bool(await session.raw.fetchval(_HAS_LINK, session.account_id, *asked))


async def spend_link(session: WriteSession, token_hash: bytes, client_id: UUID, gallery_id: UUID) -> bool:
    """Spend a link to a client's gallery, and say whether there was one that has not ended."""
    asked = token_hash, client_id, gallery_id, clock.now()
    return bool(await session.raw.fetchval(_SPEND_LINK, session.account_id, *asked))


async def shorten_link(session: WriteSession, letter_id: UUID, ends_at: datetime) -> None:
    """Have the link of a letter end at an instant, if not before."""
    await session.raw.execute(_SHORTEN_LINK, session.account_id, letter_id, ends_at)


async def mark_sent(session: WriteSession, letter_id: UUID, at: datetime) -> None:
    """Keep that a client was told something."""
    await session.raw.execute(_MARK_SENT, session.account_id, letter_id, at)


async def mark_unsent(session: WriteSession, letter_id: UUID) -> None:
    """Keep that a client was not told something after all."""
    await session.raw.execute(_MARK_UNSENT, session.account_id, letter_id)


async def letters(session: Session, most: int, *, is_all: bool) -> Sequence[asyncpg.Record]:
    """Return so many letters, the newest first: those that wait, or all."""
    return await session.raw.fetch(_LETTERS, session.account_id, is_all, most)


async def letter(session: Session, letter_id: UUID) -> asyncpg.Record | None:
    """Return a letter."""
    return await session.raw.fetchrow(_LETTER, session.account_id, letter_id)


async def acknowledge(session: WriteSession, letter_id: UUID, user_id: UUID | None) -> None:
    """Keep who was the first to have dealt with a letter."""
    await session.raw.execute(_ACKNOWLEDGE, session.account_id, letter_id, clock.now(), user_id)


async def forget(session: Session, most: int) -> int:
    """Delete so many ended sign-ins and old letters, and return how many that were."""
    now, done = clock.now(), 0
    for sql, by in ((_FORGET_SESSIONS, now), (_FORGET_LINKS, now), (_FORGET_LETTERS, now - KEPT)):
        said: Any = await session.raw.execute(sql, session.account_id, by, most)
        done += int(said.removeprefix("DELETE "))
    return done
