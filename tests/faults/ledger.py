"""What phones were told, held against what the studio has in the end."""

from dataclasses import dataclass, field
from time import monotonic

import asyncpg

from app.core.db import Database
from app.core.principal import Principal
from app.sync.upkeep import verify
from app.sync.validation import canonical
from tests.accounts.studios import Studio
from tests.faults.phones import SHARED, Json, Phone
from tests.faults.serving import Cluster
from tests.samples import named, sample

_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'studio' AND state <> 'idle'"
_TIME_TO_END = 20


@dataclass
class Found:
    """Acknowledged records that are not there, or not as last told, and halves of groups.

    `compared` is how many acknowledged changes were held against what is there.
    """

    lost: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    compared: int = 0

    @property
    def is_whole(self) -> bool:
        """Say whether all that was acknowledged is there; where nothing was, nothing is shown."""
        return self.compared > 0 and not self.wrong

    @property
    def wrong(self) -> int:
        """Return how many records and groups are not as they were acknowledged."""
        return len(self.lost) + len(self.stale) + len(self.halves)


async def share_a_client(phone: Phone) -> None:
    """Make the client both phones are going to change."""
    fields = sample("clients", last_name="Shared")
    phone.log.append({"n": 1, "collection": "clients", "id": SHARED, "op": "create", "fields": fields})
    assert await phone.deliver(phone.log)


async def settle(cluster: Cluster, studio: Studio, phones: list[Phone]) -> Found:
    """Repeat every number ever sent, and compare; nothing is invented, and the feed is as the records."""
    for phone in phones:
        await repeat_everything(phone)
    records = await phones[0].first_sync()
    expected = union_of(phones)
    lost = [record_id for record_id in expected if record_id not in records]
    stale = [each for each in expected if each not in lost and not is_newest(expected[each], records[each])]
    halves = [group for phone in phones for group in half_groups(phone, records)]
    assert {record_id for record_id, each in records.items() if each["created_by"]} <= set(expected)
    database = Database(cluster.url)
    assert not await verify(database, Principal.system(studio.account.account_id))
    await database.close()
    return Found(lost, stale, halves, sum(len(phone.verdicts) for phone in phones))


async def still_busy(cluster: Cluster) -> int:
    """Return how many connections of servers stay in a transaction, though they have time to end it."""
    connection = await asyncpg.connect(cluster.url)
    until = monotonic() + _TIME_TO_END
    while (busy := int(await connection.fetchval(_BUSY))) and monotonic() < until:
        pass
    await connection.close()
    return busy


async def repeat_everything(phone: Phone) -> None:
    """Send every number once more; the phone itself refuses another verdict than it has."""
    for first in range(0, len(phone.log), 500):
        assert await phone.deliver(phone.log[first : first + 500])


def union_of(phones: list[Phone]) -> dict[str, Json]:
    """Return, of each record, the fields of what was applied in order, and the last revision."""
    applied = [pair for phone in phones for pair in phone.applied]
    records: dict[str, Json] = {}
    for change, verdict in sorted(applied, key=lambda pair: (pair[1]["revision"], pair[0]["n"])):
        is_new = change["op"] == "create"
        sent = canonical(named(change["collection"]), change["fields"]) if is_new else change["fields"]
        before = records.get(change["id"], {})
        records[change["id"]] = {**before, **sent, "revision": verdict["revision"]}
    return records


def is_newest(expected: Json, record: Json) -> bool:
    """Say whether a record is as last acknowledged; a change done twice would have moved its revision.

    What was left open may have been filled in.
    """
    return all(value in (None, record[name]) for name, value in expected.items())


def half_groups(phone: Phone, records: dict[str, Json]) -> list[str]:
    """Return the groups of which only a part is there."""
    there: dict[str, set[bool]] = {}
    for change in phone.log:
        if "group" in change:
            there.setdefault(change["group"], set()).add(change["id"] in records)
    return [group for group, each in there.items() if len(each) > 1]
