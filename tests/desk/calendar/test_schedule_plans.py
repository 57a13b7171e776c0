"""How bookings are found: by their days, however many others there are."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Database, Session
from app.desk.calendar.store import Sight, Wanted, statement
from tests.samples import sample
from tests.sync.conftest import open_desk
from tests.sync.test_plans import indexes, plan

MANY = 100_000
DAYS = 2_000
PERSON = UUID(int=7)
ALL = Sight(sessions=True, appointments=True, clients=True)

# All alike but for their days.
TYPED = """
INSERT INTO {name}
SELECT made.* FROM {name} t, generate_series(1, $2::int) AS n, jsonb_populate_record(t, jsonb_build_object(
    'id', gen_random_uuid(), 'session_number', NULL, 'date', date '2021-01-01' + n % $3::int)) AS made
WHERE t.account_id = $1
"""


@pytest.fixture(scope="module")
async def filled(owner_url: str, database: Database) -> AsyncIterator[UUID]:
    """Have an account of many bookings, none with further events but one."""
    desk = await open_desk(database)
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    about = {"client_id": str(client), "date": "2020-01-01"}
    await desk.put("sessions", uuid4(), **sample("sessions", **about, events=[]))
    await desk.put(
        "appointments", uuid4(), **sample("appointments", **about, series_id=None, recurrence=None)
    )
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain, server_settings={"app.account": str(desk.account_id)})
    for name in ("sessions", "appointments"):
        await owner.execute(TYPED.format(name=name), desk.account_id, MANY, DAYS)
        await owner.execute(f"VACUUM ANALYZE {name}")
    yield desk.account_id
    for name in ("appointments", "sessions"):
        await owner.execute(f"DELETE FROM {name} WHERE account_id = $1", desk.account_id)
    await owner.close()


@pytest.fixture
async def session(filled: UUID, database: Database) -> AsyncIterator[Session]:
    async with database.reading(filled) as session:
        yield session


def rows_of(scans: list[dict[str, Any]], name: str) -> float:
    """Return how many rows of a table were read."""
    found = (each for each in scans if each.get("Relation Name") == name)
    read = [
        float((each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"])
        for each in found
    ]
    return sum(read)


@pytest.mark.parametrize("last", [date(2023, 6, 7), date(2023, 8, 1)], ids=["a week", "two months"])
async def test_no_more_bookings_are_read_than_lie_on_the_days(session: Session, last: date) -> None:
    first = date(2023, 6, 1)
    wanted = Wanted(first=first, last=last, users=[PERSON], resources=[], studio=None, sight=ALL)
    scans = await plan(session, *statement(session.account_id, wanted, 5_001))
    assert indexes(scans) >= {"ix_sessions_date", "ix_appointments_date"}
    assert indexes(scans) <= {"ix_sessions_date", "ix_appointments_date", "ix_sessions_with_events"}
    on_the_days = ((last - first).days + 1) * MANY // DAYS
    assert rows_of(scans, "sessions") <= on_the_days + 1
    assert rows_of(scans, "appointments") == on_the_days
