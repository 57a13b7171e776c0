"""An account: where its days begin and end, what is kept of it twice, and what is sealed for it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.audit.chain import check
from app.cards import saving
from app.cards import store as cards
from app.cards.till import CREDENTIALS, TRANSACTION_KEY
from app.core import clock
from app.core.db import Session
from app.core.vault import SealBroken, Vault, load_vault
from app.doctor.machine import key_files
from app.doctor.patient import Account, Found, Patient, Severity, many
from app.outbox.incoming import mailbox
from app.outbox.mail import store as mail
from app.outbox.mail import way as mail_way
from app.outbox.texts import store as texts
from app.outbox.texts import way as text_way
from app.studio.client_list import upkeep as client_list
from app.studio.finances import upkeep as finances
from app.studio.money import upkeep as money
from app.sync import upkeep as feed
from app.webhooks import endpoints
from app.webhooks.sealing import sealed_as

_AHEAD = timedelta(days=180)
"""Within which clocks are put forward and back everywhere they are."""
_ZONES = """
SELECT time_zone FROM accounts WHERE account_id = $1
UNION SELECT time_zone FROM companies WHERE account_id = $1
UNION SELECT time_zone FROM studios WHERE account_id = $1 AND time_zone IS NOT NULL
ORDER BY time_zone
"""
_IS_KNOWN = "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)"
_THERE = "SELECT $2::timestamptz AT TIME ZONE $1 AS now, $3::timestamptz AT TIME ZONE $1 AS later"


async def time_zones(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Look whether Python and PostgreSQL know each zone of an account, and mean the same by it."""
    now = clock.now()
    async with patient.database.reading(account.account_id) as session:
        for zone in [row["time_zone"] for row in await session.raw.fetch(_ZONES, account.account_id)]:
            here = _local(zone, (now, now + _AHEAD))
            is_known = await session.raw.fetchval(_IS_KNOWN, zone)
            if here is None or not is_known:
                whom = (
                    "anybody" if here is None and not is_known else "Python" if here is None else "PostgreSQL"
                )
                remedy = f"python -m app account change {account.name} --time-zone America/New_York"
                sentence = f"The time zone {zone} is not known to {whom}."
                yield _error("time zones", account, sentence, remedy)
                continue
            [there] = await session.raw.fetch(_THERE, zone, now, now + _AHEAD)
            if here != [there["now"], there["later"]]:
                sentence = f"Python and PostgreSQL have different times in {zone}."
                yield _error("time zones", account, sentence, "Update `tzdata` on both machines.")


async def kept_twice(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Compare what is kept twice: feed and tallies, sums by day, balances, and what clients are found by."""
    database, who, name = patient.database, account.who, account.name
    in_feed = await feed.verify(database, who)
    rebuild = f"python -m app feed rebuild {name}"
    if number := in_feed.records:
        yield _error("feed", account, f"{_differ(number, 'record')} from the feed.", rebuild)
    if number := in_feed.tallies:
        yield _error("feed", account, f"{_differ(number, 'tally', 'tallies')} from the feed.", rebuild)
    in_books = await finances.verify(database, who)
    rebuild = f"python -m app finances rebuild {name}"
    if number := in_books.days:
        sentence = f"{many(number, 'day comes', 'days come')} to something else than the figures say."
        yield _error("figures", account, sentence, rebuild)
    if number := in_books.snapshots:
        sentence = f"{many(number, 'finance snapshot tells', 'finance snapshots tell')} something else."
        yield _error("figures", account, sentence, rebuild)
    if number := await money.verify(database, who):
        sentence = (
            f"{many(number, 'invoice tells', 'invoices tell')} another balance than the payments come to."
        )
        yield _error("balances", account, sentence, rebuild)
    listed = await client_list.verify(database, who)
    rebuild = f"python -m app clients rebuild {name}"
    if number := listed.clients:
        sentence = f"{many(number, 'client is', 'clients are')} listed otherwise than they should be."
        yield _error("client list", account, sentence, rebuild)
    if number := listed.words:
        sentence = f"{many(number, 'word finds', 'words find')} other clients than they should."
        yield _error("client list", account, sentence, rebuild)


async def trail(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Make every hash of the audit trail again."""
    found = await check(patient.database, account.account_id)
    if found.broken is not None:
        sentence = f"The audit trail is broken at entry {found.broken}."
        remedy = (
            f"Nothing mends it: compare with a backup, and see `python -m app account audit {account.name}`."
        )
        yield _error("audit trail", account, sentence, remedy)


async def seals(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Open what is sealed: of saved cards one for each key that has sealed any."""
    if not all(path.is_file() for path in key_files(patient.settings)):
        # To ask for the vault would make a new one.
        return
    vault = load_vault(patient.settings)
    async with patient.database.reading(account.account_id) as session:
        sealed = [each async for each in _sealed(session)]
    for what in dict.fromkeys(
        what for what, purpose, each in sealed if not _opens(vault, account, purpose, each)
    ):
        remedy = "Put the key that sealed it back into VAULT_KEY_FILE, behind the newest, or enter it anew."
        yield _error("seals", account, f"What {what} does not open.", remedy)


async def _sealed(session: Session) -> AsyncIterator[tuple[str, str, bytes | None]]:
    """Yield what for, the purpose by which, and what is sealed."""
    if merchant := await cards.merchant(session):
        yield "charges cards", CREDENTIALS, merchant.credentials
        yield "charges cards", TRANSACTION_KEY, merchant.transaction_key
    for token in await cards.token_of_each_key(session):
        yield "charges saved cards", saving.purpose(token.card_id), token.token
    if server := await mail.server(session):
        yield "sends letters", mail_way.SEALED_AS, server.password
        yield "reads the mailbox", mailbox.SEALED_AS, server.in_password
    if line := await texts.line(session):
        yield "sends texts", text_way.SEALED_AS, line.auth_token
        yield "sends texts", text_way.HOOK_SEALED_AS, line.hook_key
    for webhook in await endpoints.page(session):
        yield "signs webhooks", sealed_as(webhook.endpoint_id), webhook.secret
        yield "signs webhooks", sealed_as(webhook.endpoint_id), webhook.former_secret


def _opens(vault: Vault, account: Account, purpose: str, sealed: bytes | None) -> bool:
    try:
        if sealed is not None:
            vault.open(account.account_id, purpose, sealed)
    except SealBroken:
        return False
    return True


def _local(zone: str, instants: tuple[datetime, ...]) -> list[datetime] | None:
    """Return what clocks on the wall show in a zone, none where Python does not know it."""
    try:
        return [each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for each in instants]
    except (OSError, ValueError, KeyError):
        return None


def _differ(number: int, one: str, more: str | None = None) -> str:
    return many(number, f"{one} differs", f"{more or f'{one}s'} differ")


def _error(check: str, account: Account, sentence: str, remedy: str) -> Found:
    return Found(check, Severity.ERROR, sentence, remedy, account.name)
