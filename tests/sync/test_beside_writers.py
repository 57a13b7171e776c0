"""A phone that pulls while others write skips nothing, whatever order their transactions end in."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.sync.store import Write
from tests.facts import Property
from tests.samples import sample, widen
from tests.sync.conftest import Desk, Phone, open_desk, phone_of

WRITERS = 16
AT_ONCE = 10


@pytest.fixture
async def roomy(database_url: str) -> AsyncIterator[Database]:
    """Open connections enough for all writers and the reader."""
    database = Database(database_url, pool_size=WRITERS + 1)
    yield database
    await database.close()


async def write(desk: Desk, rows: int) -> set[str]:
    """Write a few records at a time, and return the ids of all."""
    ids: list[UUID] = []
    while len(ids) < rows:
        some = [uuid4() for _ in range(AT_ONCE)]
        await desk.write(*(Write("clients", each, sample("clients", client_number=None)) for each in some))
        ids += some
    return {str(each) for each in ids}


@pytest.mark.parametrize("rows", [20, pytest.param(2_000, marks=pytest.mark.proof)])
async def test_no_pull_skips_what_is_written_beside_it(
    roomy: Database, rows: int, record_property: Property
) -> None:
    desk = await open_desk(roomy)
    await widen(roomy, desk.account_id)
    phone: Phone = phone_of(desk)
    writing = [asyncio.create_task(write(desk, rows)) for _ in range(WRITERS)]
    while not all(each.done() for each in writing):
        await phone.pull()
    await phone.pull()
    written = {record_id for each in writing for record_id in each.result()}
    missed = written - {record_id for _, record_id in phone.records}
    record_property("counted: rows pulled beside writers", len(written))
    record_property("counted: of them missed", len(missed))
    assert not missed
