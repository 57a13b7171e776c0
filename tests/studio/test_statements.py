"""How much a push asks of the database while others wait for their turn."""

import gc
import weakref
from itertools import count
from uuid import uuid4

import orjson
import pytest

from app.core.principal import Principal
from app.core.revisions import read_clock
from app.sync import registry
from app.sync.draft import Draft
from app.sync.push import push
from app.sync.schemas import PushRequest
from app.webhooks import hearing as _hearing  # noqa: F401 - declares what is heard
from tests.studio.conftest import Company, Fields, create

MOST = 22
OF_THE_DRIVER = ("SELECT current_setting('jit')", "WITH RECURSIVE typeinfo_tree")
"""How what the driver itself asks begins: of types it has not met on a connection."""


async def asked(company: Company, *changes: Fields) -> list[str]:
    """Return the statements of a push, between the lock on the account's clock and the commit."""
    seen: list[str] = []
    first = company.phone.next
    numbered = [{"n": n, **each} for n, each in enumerate(changes, first)]
    sent = PushRequest.model_validate_json(orjson.dumps({"first": first, "changes": numbered}))
    async with company.desk.database.writing(company.desk.account_id) as session:
        at = await read_clock(session)
        with session.raw.query_logger(lambda each: seen.append(each.query)):
            answer = orjson.loads(await push(session, company.phone.who, at, sent))
    company.phone.next += len(changes)
    assert {each["verdict"] for each in answer["results"]} == {"applied"}
    return [each for each in seen if not " ".join(each.split()).startswith(OF_THE_DRIVER)]


def day_s_work(company: Company, days: "count[int]") -> list[Fields]:
    """Return a client, a booking, an appointment, a task and a call, on a day of their own."""
    about, day = (
        {"client_id": company.client_id},
        f"2027-{next(days) // 28 % 12 + 1:02}-{next(days) % 28 + 1:02}",
    )
    times = {"date": day, "start_time": "10:00:00", "end_time": "11:00:00"}
    return [
        create("clients", last_name=f"Client {uuid4()}"),
        create("sessions", **about, **times, photographer_id=company.user_id),
        create("appointments", **about, **times, description="Ordering", user_ids=[company.user_id]),
        create("tasks", **about, subject="Order frames"),
        create("phone_calls", **about, subject="Confirm", date=day),
    ]


@pytest.mark.parametrize("many", [1, 20, 100, 500])
async def test_a_push_asks_no_more_the_more_it_carries(company: Company, many: int) -> None:
    await company.settles(conflict_policy="always")
    days = count(1)
    await asked(company, *day_s_work(company, days))
    few = await asked(company, *day_s_work(company, days))
    changes = [each for _ in range(max(1, many // 5)) for each in day_s_work(company, days)]
    assert len(await asked(company, *changes)) <= len(few) <= MOST


async def test_an_account_that_is_not_listened_to_pays_nothing_for_those_that_are(company: Company) -> None:
    days = count(1)
    await asked(company, *day_s_work(company, days))
    listened = "UPDATE account_clock SET is_listened_to = $2 WHERE account_id = $1"
    for is_so in (False, True, False):
        async with company.desk.database.writing(company.desk.account_id) as session:
            await session.raw.execute(listened, session.account_id, is_so)
        found = await asked(company, *day_s_work(company, days))
        assert len([each for each in found if "webhook" in each or "listened" in each]) == is_so


async def test_records_on_a_day_of_their_own_ask_for_no_other_records(company: Company) -> None:
    [seen] = [await asked(company, create("tasks", client_id=company.client_id, subject="Order frames"))]
    assert not [each for each in seen if "AS below(" in each], "a day that comes is compared with the latest"


async def test_the_others_are_asked_where_the_latest_may_be_gone(company: Company) -> None:
    task = uuid4()
    await asked(company, create("tasks", task, client_id=company.client_id, subject="Order frames"))
    gone = {"collection": "tasks", "id": str(task), "op": "delete", "base_revision": 2**53 - 1, "fields": {}}
    assert [each for each in await asked(company, gone) if "AS below(" in each]


async def test_what_a_transaction_held_is_let_go_without_the_collector(company: Company) -> None:
    desk = company.desk
    gc.disable()
    try:
        async with desk.database.writing(desk.account_id) as session:
            draft = await Draft.begin(session, Principal.system(desk.account_id))
            key = registry.number_of("clients"), uuid4()
            await draft.load([key])
            await draft.prepare([(key, {"last_name": "Hartley"})])
            gone = weakref.ref(draft)
            del draft
        assert gone() is None
    finally:
        gc.enable()
