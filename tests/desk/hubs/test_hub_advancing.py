"""Many records moved along at once: each judged and answered by itself, and told to phones."""

from uuid import uuid4

import httpx
import pytest

from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.phones import signed_in
from tests.desk.conftest import Has
from tests.desk.hubs.asking import Json, ids, leaf
from tests.samples import named, widen


async def statuses(has: Has) -> list[str]:
    """Make a workflow of three steps for clients."""
    return [
        (
            await has(
                "client_statuses",
                description=word,
                sort_order=1_000 + nth,
                is_initial=not nth,
                is_final=nth == 2,
            )
        )["id"]
        for nth, word in enumerate(("Prospect", "Client", "Loyal"))
    ]


async def advance(desk: Desk, hub: str, body: Json, **headers: str) -> httpx.Response:
    """Move records along."""
    return await desk.ask("POST", f"hubs/{hub}/advance", body, **headers)


async def test_each_record_moves_to_its_next_status_and_is_answered(has: Has, desk: Desk) -> None:
    first, second, last = await statuses(has)
    begun = (await has("clients", status_id=first))["id"]
    further = (await has("clients", status_id=second))["id"]
    done = (await has("clients", status_id=last))["id"]
    gone = (await has("clients"))["id"]
    assert (await desk.delete(named("clients"), gone)).status_code == 204
    never = str(uuid4())
    told = await advance(desk, "clients", {"ids": [begun, done, gone, further, never]})
    assert told.status_code == 200, told.text
    answers = told.json()["records"]
    assert [(each["id"], each["outcome"], each["code"], each["status_id"]) for each in answers] == [
        (begun, "applied", None, second),
        (done, "rejected", "invalid_fields", last),
        (gone, "conflict", "record_deleted", None),
        (further, "applied", None, last),
        (never, "rejected", "unknown_record", None),
    ]
    assert answers[1]["reasons"] == {"status_id": "There is no further status."}
    at_last = await ids(desk, "clients", filter=leaf("status.description", "equals", "Loyal"))
    assert sorted(at_last) == sorted([done, further])
    noted = (await desk.read(named("clients"), begun)).json()["status_notes"]
    assert "Status: Client" in noted


async def test_all_go_to_one_status_and_phones_hear_of_it(studio: Studio, has: Has, desk: Desk) -> None:
    await widen(studio.database, studio.account.account_id)
    first, _, last = await statuses(has)
    clients = [(await has("clients", status_id=first))["id"] for _ in range(3)]
    phone = await signed_in(studio)
    copy = await phone.copy("clients", "client_statuses")
    told = await advance(desk, "clients", {"ids": clients, "status_id": last})
    assert {each["outcome"] for each in told.json()["records"]} == {"applied"}
    await copy.pull()
    assert {copy.records[each]["status_id"] for each in clients} == {last}
    again = await advance(desk, "clients", {"ids": clients, "status_id": last})
    assert {each["outcome"] for each in again.json()["records"]} == {"noop"}
    unknown = await advance(desk, "clients", {"ids": clients[:1], "status_id": str(uuid4())})
    assert [each["outcome"] for each in unknown.json()["records"]] == ["rejected"]


async def test_what_was_sent_twice_moves_once(has: Has, desk: Desk) -> None:
    first, second, _ = await statuses(has)
    client = (await has("clients", status_id=first))["id"]
    answers = [
        await advance(desk, "clients", {"ids": [client]}, idempotency_key="one-and-the-same")
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert (await desk.read(named("clients"), client)).json()["status_id"] == second


@pytest.mark.parametrize("hub", ["calls", "texts"])
async def test_what_has_no_statuses_cannot_be_moved(desk: Desk, hub: str) -> None:
    assert (await advance(desk, hub, {"ids": [str(uuid4())]})).json()["code"] == "not_found"


@pytest.mark.parametrize("many", [0, 501])
async def test_no_more_are_moved_than_fit_a_request(desk: Desk, many: int) -> None:
    refused = await advance(desk, "clients", {"ids": [str(uuid4()) for _ in range(many)]})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_record_named_twice_is_told_as_that(desk: Desk) -> None:
    refused = await desk.ask("POST", "hubs/sessions/advance", {"ids": [str(uuid4())] * 2})
    assert refused.json()["fields"] == [{"path": "body.ids", "code": "given_twice"}]
