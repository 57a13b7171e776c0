"""Looking at everything, one thing after the other; what cannot be looked at is told, and the rest is."""

from collections.abc import AsyncIterator, Sequence

from app.accounts.store import page_of_accounts
from app.doctor import accounts, directory, files, jobs, machine, server
from app.doctor.patient import Account, AccountCheck, Check, Found, Patient, Severity

_PAGE = 500
_OF_MACHINE: tuple[Check, ...] = (machine.clocks, machine.keys, machine.certificates, machine.disk)
_OF_SERVER: tuple[Check, ...] = (server.ways, server.walls, server.transactions, jobs.jobs)
_OF_EACH: tuple[AccountCheck, ...] = (directory.due, accounts.time_zones, accounts.seals)
_OF_RECORDS: tuple[AccountCheck, ...] = (accounts.kept_twice, accounts.trail, files.lacking)
"""What reads all that an account has, which takes its time."""


async def examine(
    patient: Patient, only: Account | None = None, *, is_quick: bool = False
) -> AsyncIterator[Found]:
    """Yield what is found as it is found: of the machine, of the database, and of the accounts by name.

    One account may be looked at alone, and none as to its records and files where it is to be quick.
    """
    async for found in _all(_OF_MACHINE, patient):
        yield found
    is_known = True
    async for found in _all((server.migrations,), patient):
        is_known &= found.severity is not Severity.ERROR
        yield found
    if not is_known:
        return
    async for found in _all(_OF_SERVER, patient):
        yield found
    async for account in _accounts(patient, only):
        async for found in _examine_account(patient, account, is_quick=is_quick):
            yield found
    if not is_quick:
        async for found in _told("files", files.orphans(patient, only.account_id if only else None)):
            yield found


async def _all(checks: Sequence[Check], patient: Patient) -> AsyncIterator[Found]:
    for check in checks:
        async for found in _told(check.__name__, check(patient)):
            yield found


async def _accounts(patient: Patient, only: Account | None) -> AsyncIterator[Account]:
    if only is not None:
        yield only
        return
    after: str | None = ""
    while after is not None:
        async with patient.database.directory() as connection:
            page = await page_of_accounts(connection, after, _PAGE)
        for each in page:
            yield Account(*each)
        after = page[-1][0] if len(page) == _PAGE else None


async def _examine_account(patient: Patient, account: Account, *, is_quick: bool) -> AsyncIterator[Found]:
    is_there = True
    async for found in _told("directory", directory.entry(patient, account), account.name):
        is_there = False
        yield found
    for check in (*_OF_EACH, *(() if is_quick else _OF_RECORDS)) if is_there else ():
        async for found in _told(check.__name__.replace("_", " "), check(patient, account), account.name):
            yield found


async def _told(
    check: str, looking: AsyncIterator[Found], account: str | None = None
) -> AsyncIterator[Found]:
    """Pass on what a check finds; what stops it is told as well, and stops no other."""
    try:
        async for found in looking:
            yield found
    except Exception as error:  # noqa: BLE001 - whatever it is, the rest is looked at
        sentence = f"This could not be looked at: {type(error).__name__}."
        remedy = "Look again; if it stays so with all else well, it is a defect worth reporting."
        yield Found(check, Severity.ERROR, sentence, remedy, account)
