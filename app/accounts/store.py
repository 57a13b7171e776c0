"""The only SQL about people; every statement names the account."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, update
from sqlmodel import col, select

from app.accounts.models import Account, Device, DeviceOrder, RefreshToken, SecurityGroup, SignIn, User
from app.accounts.queues import Queue
from app.core import clock
from app.core.db import HERE, Session, WriteSession
from app.core.revisions import CLOCK_COLUMNS

_LEVELS = """
    CASE WHEN a.is_security_active
         THEN (coalesce((SELECT g.levels FROM security_groups g
                         WHERE g.account_id = u.account_id AND g.group_id = u.group_id), jsonb_build_object())
               || u.levels)::text END AS levels"""
"""Levels by feature, of the user u of the account a: none before it has activated security."""

_STANDING = f"""
    SELECT u.initials, u.is_active, u.is_administrator, u.departments, u.studios, {_LEVELS},
           a.account_name, a.time_zone, a.edition, a.subscription_state,
           s.sign_in_id, s.user_id, s.device_id, s.revoked_at, s.absolute_end,
           d.device_uid, d.binding_id, d.studio_id, d.last_sync, d.queued,
           d.is_inactive, d.wipe_nonce, d.wiped_at, d.schema_version,
           {CLOCK_COLUMNS}{{more}}
    FROM {{callers}} s
    JOIN users u ON u.account_id = s.account_id AND u.user_id = s.user_id
    JOIN accounts a ON a.account_id = s.account_id
    JOIN account_clock c ON c.account_id = s.account_id
    LEFT JOIN devices d ON d.account_id = s.account_id AND d.device_id = s.device_id
    WHERE s.account_id = {{account}} AND {{which}}"""
_OF_ALL = "s.sign_in_id = ANY($2::uuid[])"
_ONE_OF = "s.sign_in_id = $2"
_AS_ONE = "SELECT standing.* FROM {here} CROSS JOIN LATERAL ({standing} OFFSET 0) AS standing"
_SIGN_INS = {"callers": "sign_ins", "more": ""}
_ONE = _STANDING.format(**_SIGN_INS, account="$1", which=_ONE_OF)
_SEVERAL = _STANDING.format(**_SIGN_INS, account="$1", which=_OF_ALL)
_AT_ONCE = _AS_ONE.format(
    here=HERE, standing=_STANDING.format(**_SIGN_INS, account="here.account_id", which=_OF_ALL)
)
# Statements of their own: that of phones is asked most, and is to stay as short as it is.
_KEYS = {
    "callers": """(
    SELECT account_id, key_id AS sign_in_id, owner_id AS user_id, NULL::uuid AS device_id,
           revoked_at, expires_at AS absolute_end, key_id, secret_hash, levels::text AS key_levels
    FROM api_keys)""",
    "more": ", s.key_id, s.secret_hash, s.key_levels",
}
_ONE_KEY = _STANDING.format(**_KEYS, account="$1", which=_ONE_OF)
_SEVERAL_KEYS = _STANDING.format(**_KEYS, account="$1", which=_OF_ALL)
_KEYS_AT_ONCE = _AS_ONE.format(
    here=HERE, standing=_STANDING.format(**_KEYS, account="here.account_id", which=_OF_ALL)
)
_WITHOUT_SIGN_IN = """(
    SELECT account_id, user_id, {device} AS device_id,
           NULL::uuid AS sign_in_id, NULL::timestamptz AS revoked_at, NULL::timestamptz AS absolute_end
    FROM {rows})"""
_OF_DEVICE = _STANDING.format(
    callers=_WITHOUT_SIGN_IN.format(device="device_id", rows="devices"),
    more="",
    account="$1",
    which="s.device_id = $2",
)
_OF_USER = _STANDING.format(
    callers=_WITHOUT_SIGN_IN.format(device="NULL::uuid", rows="users"),
    more="",
    account="$1",
    which="s.user_id = $2",
)

# A row that is there is changed by no parameter, and by nothing a session's time zone has a say in.
_IS_OVER = """old.window_start <=
            (excluded.window_start AT TIME ZONE 'UTC' - interval '{seconds} seconds') AT TIME ZONE 'UTC'"""
_COUNT_FAILURE = f"""
    INSERT INTO sign_in_budgets AS old (account_id, caller, window_start, failures)
    SELECT $1::uuid, caller, $3::timestamptz, 1 FROM unnest($2::text[]) AS counted(caller) ORDER BY caller
    ON CONFLICT (account_id, caller) DO UPDATE SET
        failures = CASE WHEN {_IS_OVER} THEN 1 ELSE old.failures + 1 END,
        window_start = CASE WHEN {_IS_OVER} THEN excluded.window_start ELSE old.window_start END
    RETURNING caller, failures
"""
# Where there is no account there is no clock to take turns by, and who waited for a row could wait for ever.
_FORGET_FAILURES = """
    DELETE FROM sign_in_budgets
    WHERE account_id = $1 AND caller = ANY(ARRAY(
        SELECT caller FROM sign_in_budgets WHERE account_id = $1 AND window_start <= $2
        LIMIT 1000 FOR UPDATE SKIP LOCKED))
"""

_FORGET_SIGN_INS = """
    DELETE FROM sign_ins WHERE account_id = $1 AND sign_in_id = ANY(ARRAY(
        SELECT sign_in_id FROM sign_ins WHERE account_id = $1 AND absolute_end < $2
        LIMIT $3 FOR UPDATE SKIP LOCKED))
"""

_STAMP = "UPDATE devices SET last_sync = $3 WHERE account_id = $1 AND device_id = $2"
_STAMP_QUEUE = """
    UPDATE devices SET last_sync = $3, queued = $4, oldest_queued_at = $5
    WHERE account_id = $1 AND device_id = $2
"""

_COPIES = """
    SELECT binding_id AS copy_id, last_sync FROM devices
    WHERE account_id = $1 AND binding_id IS NOT NULL AND (NOT is_inactive OR wipe_nonce IS NULL)
    UNION ALL
    SELECT sign_in_id, NULL FROM sign_ins
    WHERE account_id = $1 AND device_id IS NULL AND revoked_at IS NULL AND absolute_end > $2
    UNION ALL
    SELECT key_id, NULL FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2
"""


async def find_account(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> UUID | None:
    """Return the account a name belongs to, from the directory."""
    found: UUID | None = await connection.fetchval(
        "SELECT account_id FROM account_directory WHERE account_name = $1", name
    )
    return found


async def page_of_accounts(
    connection: "asyncpg.Connection[asyncpg.Record]", after: str, most: int
) -> list[tuple[str, UUID]]:
    """Return so many accounts of the directory behind a name, by name."""
    rows = await connection.fetch(
        "SELECT account_name, account_id FROM account_directory"
        " WHERE account_name > $1 ORDER BY account_name LIMIT $2",
        after,
        most,
    )
    return [(row["account_name"], row["account_id"]) for row in rows]


async def accounts(connection: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[str, UUID]]:
    """Return all accounts of the directory by name."""
    rows = await connection.fetch(
        "SELECT account_name, account_id FROM account_directory ORDER BY account_name"
    )
    return [(row["account_name"], row["account_id"]) for row in rows]


async def enter_name(session: WriteSession, name: str) -> bool:
    """Enter the session's account into the directory, or tell that the name is taken."""
    entered = await session.raw.fetchval(
        "INSERT INTO account_directory (account_name, account_id) VALUES ($1, $2)"
        " ON CONFLICT (account_name) DO NOTHING RETURNING true",
        name,
        session.account_id,
    )
    return bool(entered)


async def accounts_by_day(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, after: tuple[datetime, UUID], most: int
) -> list[tuple[datetime, UUID]]:
    """Return so many accounts whose day has ended by an instant, behind one of them, by when it ended."""
    return await _accounts_due_behind(connection, "day_ends_at", by, after, most)


async def set_end_of_day(session: WriteSession, at: datetime | None) -> None:
    """Say when a day next ends that the account keeps figures by; none where it keeps none."""
    await _set_due(session, "day_ends_at", at)


async def bring_end_of_day_forward(session: WriteSession, at: datetime) -> None:
    """Say that a day ends at an instant, if none ends before it."""
    await _bring_due_forward(session, "day_ends_at", at)


async def accounts_with_cards_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, after: tuple[datetime, UUID], most: int
) -> list[tuple[datetime, UUID]]:
    """Return so many accounts with card payments to be looked after by an instant, behind one of them."""
    return await _accounts_due_behind(connection, "cards_due_at", by, after, most)


async def accounts_with_pictures_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, most: int
) -> list[UUID]:
    """Return so many accounts with pictures to be looked after by an instant, the longest ago first."""
    return await _accounts_due(connection, "pictures_due_at", by, most)


async def set_pictures_due(session: WriteSession, at: datetime | None) -> None:
    """Say when something is next to be done about the account's pictures; none where nothing is."""
    await _set_due(session, "pictures_due_at", at)


async def bring_pictures_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that something is to be done about them at an instant, if nothing is before it."""
    await _bring_due_forward(session, "pictures_due_at", at)


async def set_cards_due(session: WriteSession, at: datetime | None) -> None:
    """Say when something is next to be done about the account's card payments; none where nothing is."""
    await _set_due(session, "cards_due_at", at)


async def bring_cards_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that something is to be done about them at an instant, if nothing is before it."""
    await _bring_due_forward(session, "cards_due_at", at)


async def accounts_with_galleries_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, after: tuple[datetime, UUID], most: int
) -> list[tuple[datetime, UUID]]:
    """Return so many accounts in which an online gallery expires by an instant, behind one of them."""
    return await _accounts_due_behind(connection, "galleries_due_at", by, after, most)


async def set_galleries_due(session: WriteSession, at: datetime | None) -> None:
    """Say when an online gallery of the account next expires; none where none does."""
    await _set_due(session, "galleries_due_at", at)


async def bring_galleries_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that an online gallery expires at an instant, if none does before it."""
    await _bring_due_forward(session, "galleries_due_at", at)


async def accounts_with_letters_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, most: int
) -> list[UUID]:
    """Return so many accounts with letters to be sent by an instant, the longest ago first."""
    return await _accounts_due(connection, "letters_due_at", by, most)


async def set_letters_due(session: WriteSession, at: datetime | None) -> None:
    """Say when something is next to be done about the account's letters; none where nothing is."""
    await _set_due(session, "letters_due_at", at)


async def bring_letters_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that something is to be done about them at an instant, if nothing is before it."""
    await _bring_due_forward(session, "letters_due_at", at)


async def accounts_with_mailboxes_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, most: int
) -> list[UUID]:
    """Return so many accounts whose mailbox is to be read by an instant, the longest ago first."""
    return await _accounts_due(connection, "mailboxes_due_at", by, most)


async def set_mailboxes_due(session: Session, at: datetime | None) -> None:
    """Say when the account's mailbox is next to be read; none where it has none."""
    await _set_due(session, "mailboxes_due_at", at)


async def bring_mailboxes_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that it is to be read at an instant, if it is not before that."""
    await _bring_due_forward(session, "mailboxes_due_at", at)


async def accounts_with_automations_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, most: int
) -> list[UUID]:
    """Return so many accounts with triggers to be looked after by an instant, the longest ago first."""
    return await _accounts_due(connection, "automations_due_at", by, most)


async def set_automations_due(session: WriteSession, at: datetime | None) -> None:
    """Say when something is next to be done about the account's triggers; none where nothing is."""
    await _set_due(session, "automations_due_at", at)


async def bring_automations_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that something is to be done about them at an instant, if nothing is before it."""
    await _bring_due_forward(session, "automations_due_at", at)


async def accounts_with_webhooks_due(
    connection: "asyncpg.Connection[asyncpg.Record]", by: datetime, most: int
) -> list[UUID]:
    """Return so many accounts of which programs are to hear by an instant, the longest ago first."""
    return await _accounts_due(connection, "webhooks_due_at", by, most)


async def set_webhooks_due(session: WriteSession, at: datetime | None) -> None:
    """Say when programs are next to hear of the account; none where they are not."""
    await _set_due(session, "webhooks_due_at", at)


async def bring_webhooks_due_forward(session: WriteSession, at: datetime) -> None:
    """Say that they are to hear of it at an instant, if not before."""
    await _bring_due_forward(session, "webhooks_due_at", at)


async def _accounts_due(
    connection: "asyncpg.Connection[asyncpg.Record]", column: str, by: datetime, most: int
) -> list[UUID]:
    rows = await connection.fetch(
        f"SELECT account_id FROM account_directory WHERE {column} <= $1"
        f" ORDER BY {column}, account_id LIMIT $2",
        by,
        most,
    )
    return [row["account_id"] for row in rows]


async def _accounts_due_behind(
    connection: "asyncpg.Connection[asyncpg.Record]",
    column: str,
    by: datetime,
    after: tuple[datetime, UUID],
    most: int,
) -> list[tuple[datetime, UUID]]:
    rows = await connection.fetch(
        f"SELECT {column} AS due_at, account_id FROM account_directory"
        f" WHERE {column} <= $1 AND ({column}, account_id) > ($2, $3)"
        f" ORDER BY {column}, account_id LIMIT $4",
        by,
        *after,
        most,
    )
    return [(row["due_at"], row["account_id"]) for row in rows]


async def _set_due(session: Session, column: str, at: datetime | None) -> None:
    sql = f"UPDATE account_directory SET {column} = $2 WHERE account_id = $1 AND {column} IS DISTINCT FROM $2"
    await session.raw.execute(sql, session.account_id, at)


async def _bring_due_forward(session: WriteSession, column: str, at: datetime) -> None:
    sql = (
        f"UPDATE account_directory SET {column} = $2"
        f" WHERE account_id = $1 AND ({column} IS NULL OR {column} > $2)"
    )
    await session.raw.execute(sql, session.account_id, at)


async def read_standing(session: Session, sign_in_id: UUID, *, is_key: bool = False) -> asyncpg.Record | None:
    """Return in one statement all a request's right to be here depends on, and the account's clock."""
    return await session.raw.fetchrow(_ONE_KEY if is_key else _ONE, session.account_id, sign_in_id)


async def read_standings(
    session: Session, sign_in_ids: Iterable[UUID], *, are_keys: bool = False
) -> dict[UUID, asyncpg.Record]:
    """Return the same of several sign-ins at once, or of several keys, those there are."""
    statement = _SEVERAL_KEYS if are_keys else _SEVERAL
    rows = await session.raw.fetch(statement, session.account_id, list(sign_in_ids))
    return {row["sign_in_id"]: row for row in rows}


async def glance(
    connection: "asyncpg.Connection[asyncpg.Record]",
    account_id: UUID,
    sign_in_ids: Iterable[UUID],
    *,
    are_keys: bool = False,
) -> dict[UUID, asyncpg.Record]:
    """Return the same in a statement of its own, in no transaction."""
    rows = await connection.fetch(_KEYS_AT_ONCE if are_keys else _AT_ONCE, account_id, list(sign_in_ids))
    return {row["sign_in_id"]: row for row in rows}


async def read_standing_of_device(session: Session, device_id: UUID) -> asyncpg.Record | None:
    """Return the same of a device, whether or not anybody has signed in on it."""
    return await session.raw.fetchrow(_OF_DEVICE, session.account_id, device_id)


async def read_standing_of_user(session: Session, user_id: UUID) -> asyncpg.Record | None:
    """Return the same of a user at a desk, whether or not they have signed in."""
    return await session.raw.fetchrow(_OF_USER, session.account_id, user_id)


async def read_account(session: Session) -> Account | None:
    """Return the session's account."""
    return await session.get(Account, session.account_id)


async def read_user(session: Session, user_id: UUID) -> User | None:
    """Return a user."""
    return await session.get(User, (session.account_id, user_id))


async def list_users(session: Session, after: UUID | None, most: int) -> Sequence[User]:
    """Return so many users of the account behind one, in the order of their ids."""
    query = select(User).where(col(User.account_id) == session.account_id)
    if after is not None:
        query = query.where(col(User.user_id) > after)
    return (await session.exec(query.order_by(col(User.user_id)).limit(most))).all()


async def has_administrator(session: Session) -> bool:
    """Say whether anybody may still do everything."""
    query = select(User.user_id).where(
        col(User.account_id) == session.account_id, col(User.is_administrator), col(User.is_active)
    )
    return (await session.exec(query.limit(1))).first() is not None


async def read_group(session: Session, group_id: UUID) -> SecurityGroup | None:
    """Return a security group."""
    return await session.get(SecurityGroup, (session.account_id, group_id))


async def list_groups(session: Session) -> Sequence[SecurityGroup]:
    """Return the security groups of the account by their names."""
    query = select(SecurityGroup).where(col(SecurityGroup.account_id) == session.account_id)
    return (await session.exec(query.order_by(col(SecurityGroup.name_key)))).all()


async def count_members(session: Session) -> dict[UUID | None, int]:
    """Return how many users, active or not, are in each security group; of none are the administrators."""
    rows = await session.raw.fetch(
        "SELECT group_id, count(*) AS members FROM users"
        " WHERE account_id = $1 AND (is_administrator OR group_id IS NOT NULL) GROUP BY group_id",
        session.account_id,
    )
    return {row["group_id"]: row["members"] for row in rows}


async def find_active_user(session: Session, initials_key: str) -> User | None:
    """Return the active user with these initials."""
    query = select(User).where(
        col(User.account_id) == session.account_id,
        col(User.initials_key) == initials_key,
        col(User.is_active),
    )
    return (await session.exec(query)).first()


async def read_device(session: Session, device_id: UUID) -> Device | None:
    """Return a device."""
    return await session.get(Device, (session.account_id, device_id))


async def list_devices(
    session: Session,
    user_id: UUID | None = None,
    *,
    is_inactive: bool | None = None,
    behind_since: datetime | None = None,
    order: DeviceOrder = DeviceOrder.AUTHORIZED,
) -> Sequence[Device]:
    """Return the devices of the account, or of one user, or that have not synced since, in an order."""
    query = select(Device).where(col(Device.account_id) == session.account_id)
    if user_id is not None:
        query = query.where(col(Device.user_id) == user_id)
    if is_inactive is not None:
        query = query.where(col(Device.is_inactive) == is_inactive)
    if behind_since is not None:
        query = query.where(*_behind(behind_since))
    return (await session.exec(query.order_by(*_ORDERS[order], col(Device.device_id)))).all()


def _behind(since: datetime) -> tuple[Any, ...]:
    """Return what is so of a phone in use that has not synced since, or never has and was bound before."""
    seen = func.coalesce(col(Device.last_sync), col(Device.bound_at))
    return ~col(Device.is_inactive), col(Device.device_uid).is_not(None), seen < since


_ORDERS: dict[DeviceOrder, tuple[Any, ...]] = {
    DeviceOrder.AUTHORIZED: (col(Device.authorized_at),),
    DeviceOrder.LAST_SYNC: (col(Device.last_sync).asc().nulls_first(), col(Device.authorized_at)),
    DeviceOrder.QUEUED: (col(Device.oldest_queued_at).asc().nulls_last(), col(Device.authorized_at)),
}


async def count_active_devices(session: Session) -> int:
    """Return how many devices take up a place, bound or not."""
    return int(
        await session.raw.fetchval(
            "SELECT count(*) FROM devices WHERE account_id = $1 AND NOT is_inactive", session.account_id
        )
    )


async def list_copies(session: Session) -> dict[UUID, datetime | None]:
    """Return whose copies may come back: phones' not to be wiped, with their last sync, desks' and keys'."""
    rows = await session.raw.fetch(_COPIES, session.account_id, clock.now())
    return {row["copy_id"]: row["last_sync"] for row in rows}


async def read_refresh_token(session: Session, token_hash: bytes) -> RefreshToken | None:
    """Return a refresh token by its hash."""
    return await session.get(RefreshToken, (session.account_id, token_hash))


async def revoke_sign_ins(
    session: WriteSession,
    reason: str,
    *,
    user_id: UUID | None = None,
    device_id: UUID | None = None,
    sign_in_id: UUID | None = None,
    but: UUID | None = None,
) -> int:
    """End the sign-ins of a user, a device, a user on one device, or one sign-in, for ever; count them."""
    statement = update(SignIn).where(
        col(SignIn.account_id) == session.account_id, col(SignIn.revoked_at).is_(None)
    )
    narrowed: list[tuple[Any, UUID | None]] = [
        (SignIn.user_id, user_id),
        (SignIn.device_id, device_id),
        (SignIn.sign_in_id, sign_in_id),
    ]
    for column, value in narrowed:
        if value is not None:
            statement = statement.where(col(column) == value)
    if but is not None:
        statement = statement.where(col(SignIn.sign_in_id) != but)
    ended = await session.exec(statement.values(revoked_at=clock.now(), reason=reason))
    return ended.rowcount


async def forget_ended_sign_ins(session: WriteSession, user_id: UUID) -> None:
    """Delete a user's sign-ins that ended long ago, with all their tokens."""
    await session.raw.execute(
        "DELETE FROM sign_ins WHERE account_id = $1 AND user_id = $2 AND absolute_end < $3",
        session.account_id,
        user_id,
        clock.now(),
    )


async def forget_old_sign_ins(session: Session, ended_before: datetime, most: int) -> int:
    """Delete so many sign-ins that ended before an instant, with all their tokens; return how many."""
    done: str = await session.raw.execute(_FORGET_SIGN_INS, session.account_id, ended_before, most)
    return int(done.removeprefix("DELETE "))


async def forget_expired_tokens(session: WriteSession, sign_in_id: UUID) -> None:
    """Delete the tokens of a sign-in that nobody could use or reuse any more."""
    await session.raw.execute(
        "DELETE FROM refresh_tokens WHERE account_id = $1 AND sign_in_id = $2 AND expires_at < $3",
        session.account_id,
        sign_in_id,
        clock.now(),
    )


async def read_budgets(session: Session, callers: Sequence[str]) -> dict[str, tuple[int, datetime]]:
    """Return how many wrong passwords callers have tried, and since when."""
    rows = await session.raw.fetch(
        "SELECT caller, failures, window_start FROM sign_in_budgets"
        " WHERE account_id = $1 AND caller = ANY($2::text[])",
        session.account_id,
        callers,
    )
    return {row["caller"]: (row["failures"], row["window_start"]) for row in rows}


async def count_failure(session: WriteSession, callers: Sequence[str], window: timedelta) -> dict[str, int]:
    """Count a wrong password, in a new window where the old one is over; forget windows that are.

    Returns how many each caller has had in theirs.
    """
    now = clock.now()
    counting = _COUNT_FAILURE.format(seconds=window.total_seconds())
    rows = await session.raw.fetch(counting, session.account_id, callers, now)
    await session.raw.execute(_FORGET_FAILURES, session.account_id, now - window)
    return {row["caller"]: row["failures"] for row in rows}


async def clear_budget(session: WriteSession, caller: str, since: datetime) -> int:
    """Forget a caller's wrong passwords and return how many there were in a window that began since."""
    found = await session.raw.fetchval(
        "DELETE FROM sign_in_budgets WHERE account_id = $1 AND caller = $2"
        " RETURNING CASE WHEN window_start > $3 THEN failures ELSE 0 END",
        session.account_id,
        caller,
        since,
    )
    return int(found or 0)


async def read_networks(session: Session, user_id: UUID) -> frozenset[str]:
    """Return from where a user has signed in at desks, as far as that is remembered."""
    rows = await session.raw.fetch(
        "SELECT DISTINCT network FROM sign_ins"
        " WHERE account_id = $1 AND user_id = $2 AND device_id IS NULL AND network IS NOT NULL",
        session.account_id,
        user_id,
    )
    return frozenset(row["network"] for row in rows)


async def stamp_last_sync(session: Session, device_id: UUID, queue: Queue | None) -> None:
    """Write down that a device has just completed a sync, and what it said it still holds, if it did."""
    now = clock.now()
    statement = _STAMP if queue is None else _STAMP_QUEUE
    told = () if queue is None else (queue.changes, queue.since(now))
    await session.raw.execute(statement, session.account_id, device_id, now, *told)
