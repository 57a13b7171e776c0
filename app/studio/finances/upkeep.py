"""Looking after finance snapshots: turning the day, counting an account anew, comparing with its records."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.accounts.store import set_end_of_day
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.studio.finances import days
from app.studio.finances.keeping import SNAPSHOTS, Books, put, snapshot_id
from app.sync import records, registry
from app.sync.draft import Draft


@dataclass(frozen=True, slots=True)
class Found:
    """How many days had other sums than the records come to, and how many snapshots told other figures."""

    days: int
    snapshots: int

    def __bool__(self) -> bool:
        """Say whether anything differed."""
        return bool(self.days or self.snapshots)


async def turn(database: Database, who: Principal) -> int:
    """Bring the snapshots of an account to the present day, and return how many that were.

    Those of which the day has not ended are left alone. An account that was never counted is now.
    """
    async with database.writing(who.account_id) as session:
        return await _bring_up(session, who, is_anew=False)


async def rebuild(database: Database, who: Principal) -> Found:
    """Count all sums of an account anew and set what differs, which phones hear of; return how much did."""
    async with database.writing(who.account_id) as session:
        wrong = await days.differing(session)
        return Found(wrong, await _bring_up(session, who, is_anew=True))


async def verify(database: Database, who: Principal) -> Found:
    """Return what differs: sums of days from the records, snapshots from these, each on its own day."""
    async with database.reading(who.account_id) as session:
        company, studios, snapshots = [
            {
                key: values
                async for page in records.scan(session, registry.numbered(number))
                for key, values in page.items()
            }
            for number in map(registry.number_of, ("companies", "studios", SNAPSHOTS))
        ]
        if who.account_id not in company:
            return Found(0, 0)
        books = Books(who.account_id, company[who.account_id], studios, snapshots)
        kept = {each: found for each in books.sites if (found := books.snapshot(each))}
        windows = [books.window(each, date.fromisoformat(values["day"])) for each, values in kept.items()]
        sums = await days.tell(session, windows)
        wrong = [
            each
            for each in windows
            if not books.told(each, sums[each.site_id]).items() <= kept[each.site_id].items()
        ]
        return Found(await days.differing(session), len(wrong) + len(books.sites) - len(kept))


async def _bring_up(session: WriteSession, who: Principal, *, is_anew: bool) -> int:
    draft = await Draft.begin(session, who)
    await draft.load([(registry.number_of("companies"), who.account_id)])
    await draft.load_all(registry.number_of("studios"), registry.number_of(SNAPSHOTS))
    books = Books.of(draft)
    if books is None:
        await set_end_of_day(session, None)
        return 0
    if is_anew or not books.snapshot(who.account_id):
        await days.count_anew(session)
        ended: Collection[UUID] = books.sites
    else:
        ended = [each for each in books.sites if _has_ended(books, each)]
    await draft.load((registry.number_of(SNAPSHOTS), snapshot_id(each)) for each in ended)
    windows = [books.window(each) for each in ended]
    changed = put(draft, books, windows, await days.tell(session, windows))
    await draft.flush()
    await set_end_of_day(session, min(map(books.end_of_day, books.sites)))
    return changed


def _has_ended(books: Books, site_id: UUID) -> bool:
    kept = books.snapshot(site_id)
    return kept is None or kept["day"] != books.today(site_id).isoformat()
