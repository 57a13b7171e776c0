"""How an administrator is told whether phones keep up, and what was refused."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from app.core.clock import now
from app.core.db import Database
from app.core.principal import Principal
from app.sync.counting import KEPT_DAYS
from app.sync.retention import trim
from tests.accounts.studios import Studio, bearer, new_studio
from tests.desk.pulling import Json, pull, push

NOTHING: Json = {"resets": [], "refusals": [], "verdicts": []}


async def health(studio: Studio, asked: str = "") -> Json:
    """Read how sync keeps up at the administrator's desk."""
    answer = await studio.client.get(f"/v1/sync/health?{asked}", headers=await studio.administrator())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
async def phone(studio: Studio) -> Json:
    return await studio.signed_in()


async def test_where_all_is_well_nothing_is_told(studio: Studio, phone: Json) -> None:
    await pull(studio, phone)
    told = await health(studio)
    assert told["devices"] == {"active": 1, "behind": 0, "expiring": 0, "holding": 0}
    assert {name: told[name] for name in NOTHING} == NOTHING
    assert (told["behind"], told["open_inbox"], told["behind_days"], told["days"]) == ([], 0, 7, 7)


async def test_phones_behind_are_named_the_longest_first(studio: Studio, phone: Json) -> None:
    await studio.authorize(2)
    other = await studio.signed_in(device=studio.phone())
    shut_out = await studio.signed_in(device=studio.phone())
    await pull(studio, phone, queued=2, oldest_queued_seconds=60)
    for each, days in ((phone, 20), (other, 30), (shut_out, 40)):
        await studio.execute(
            "UPDATE devices SET last_sync = $3 WHERE account_id = $1 AND device_id = $2",
            each["device"]["id"],
            now() - timedelta(days=days),
        )
    await studio.change_device(shut_out["device"]["id"], is_inactive=True, wipe=False)
    told = await health(studio, "behind_days=7")
    assert told["devices"] == {"active": 2, "behind": 2, "expiring": 0, "holding": 1}
    assert [each["id"] for each in told["behind"]] == [other["device"]["id"], phone["device"]["id"]]
    assert [each["queued"] for each in told["behind"]] == [None, 2]
    assert told["behind"][1]["oldest_queued_at"]
    assert [each["id"] for each in (await health(studio, "behind_days=25"))["behind"]] == [
        other["device"]["id"]
    ]


async def test_a_cursor_that_is_about_to_end_is_told(studio: Studio, phone: Json) -> None:
    await pull(studio, phone, (await pull(studio, phone))["cursor"])
    assert (await health(studio))["devices"]["expiring"] == 0
    heard = now() - timedelta(days=170)
    await studio.execute("UPDATE acknowledged_positions SET seen_at = $2 WHERE account_id = $1", heard)
    await studio.execute("UPDATE devices SET last_sync = $2 WHERE account_id = $1", heard)
    told = await health(studio)
    assert told["devices"]["expiring"] == 1
    [behind] = told["behind"]
    assert datetime.fromisoformat(behind["cursor_expires_at"]) == heard + timedelta(days=180)
    assert behind["is_cursor_expired"] is False
    await studio.execute("UPDATE account_clock SET revision = revision + 9, floor = revision + 9"
                         " WHERE account_id = $1")  # fmt: skip
    [behind] = (await health(studio))["behind"]
    assert behind["is_cursor_expired"] is True


async def test_resets_are_counted_by_their_reason(studio: Studio, phone: Json) -> None:
    cursor = (await pull(studio, phone))["cursor"]
    await studio.execute("UPDATE account_clock SET revision = revision + 9, floor = revision + 9"
                         " WHERE account_id = $1")  # fmt: skip
    for path, body in (
        ("pull", {"cursor": cursor}),
        ("verify", {"cursor": cursor}),
        (None, {"pull": {"cursor": cursor}}),
    ):
        address = f"/v1/sync/{path}" if path else "/v1/sync"
        answer = await studio.client.post(address, json=body, headers=bearer(phone))
        assert (answer.status_code, answer.json()["reason"]) == (410, "cursor_expired")
    await studio.execute("UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = $1")
    stream = await studio.client.get(f"/v1/sync/pull.ndjson?cursor={cursor}", headers=bearer(phone))
    assert stream.status_code == 410
    told = await health(studio)
    today = told["since"]
    assert [(each["reason"], each["count"]) for each in told["resets"]] == [
        ("cursor_expired", 3),
        ("server_restored", 1),
    ]
    assert all(each["last_day"] > today for each in told["resets"])
    assert told["refusals"] == []


async def test_refused_requests_and_changes_are_counted_by_their_codes(studio: Studio, phone: Json) -> None:
    for _ in range(2):
        gap = await push(studio, phone, {"op": "delete"}, first=9)
        assert (gap.status_code, gap.json()["code"]) == (409, "stream_gap")
    await studio.client.post("/v1/sync/pull", json={"cursor": "x"}, headers=bearer(phone))
    answer = await push(
        studio,
        phone,
        {"op": "patch", "fields": {"last_name": "Doe"}},
        {"op": "patch", "fields": {"last_name": "Doe"}},
        {"op": "delete"},
    )
    lost = [each for each in answer.json()["results"] if each["inbox_id"]]
    told = await health(studio)
    assert [(each["code"], each["count"]) for each in told["refusals"]] == [
        ("stream_gap", 2),
        ("cursor_malformed", 1),
    ]
    assert [(each["verdict"], each["code"], each["count"]) for each in told["verdicts"]] == [
        (lost[0]["verdict"], lost[0]["code"], 2)
    ]
    assert told["open_inbox"] == 2
    assert told["resets"] == []


async def test_a_repeat_is_not_counted_again(studio: Studio, phone: Json) -> None:
    wrong = {"id": str(uuid4()), "op": "patch", "fields": {"last_name": "Doe"}}
    for _ in range(2):
        assert (await push(studio, phone, wrong)).status_code == 200
    assert [each["count"] for each in (await health(studio))["verdicts"]] == [1]


async def test_what_was_refused_long_ago_is_told_no_more_and_forgotten(studio: Studio, phone: Json) -> None:
    await studio.client.post("/v1/sync/pull", json={"cursor": "x"}, headers=bearer(phone))
    await studio.execute("UPDATE refusal_counts SET day = day - 8 WHERE account_id = $1")
    assert (await health(studio))["refusals"] == []
    [refused] = (await health(studio, f"days={KEPT_DAYS}"))["refusals"]
    assert refused["count"] == 1
    who = Principal.system(studio.account.account_id)
    await trim(studio.database, who)
    assert (await health(studio, f"days={KEPT_DAYS}"))["refusals"] == [refused]
    await studio.execute("UPDATE refusal_counts SET day = day - 40 WHERE account_id = $1")
    await trim(studio.database, who)
    assert await studio.execute("SELECT 1 FROM refusal_counts WHERE account_id = $1") == []


async def test_open_entries_are_counted_for_whom_they_are(studio: Studio, phone: Json) -> None:
    desk, own = await studio.administrator(), bearer(phone)

    async def counted() -> list[int]:
        answers = [await studio.client.get("/v1/sync/inbox", headers=each) for each in (desk, own)]
        return [answer.json()["open"] for answer in answers]

    assert await counted() == [0, 0]
    patch = {"op": "patch", "fields": {"last_name": "Doe"}}
    answer = await push(studio, phone, patch, patch)
    assert await counted() == [2, 2]
    entry = answer.json()["results"][0]["inbox_id"]
    resolved = await studio.client.post(
        f"/v1/inbox/{entry}/resolve", json={"resolution": "dismiss"}, headers=desk
    )
    assert resolved.status_code == 200, resolved.text
    assert await counted() == [1, 1]
    owner = "UPDATE feed_tallies SET numbers = '{999}' WHERE account_id = $1 AND kind = 5 AND amount > 0"
    await studio.execute(owner)
    assert await counted() == [1, 0]


async def test_health_is_told_to_who_looks_after_devices(studio: Studio, phone: Json) -> None:
    refused = await studio.client.get("/v1/sync/health", headers=bearer(phone))
    assert (refused.status_code, refused.json()["feature"]) == (403, "devices")


async def test_another_account_is_told_nothing_of_it(studio: Studio, database: Database, phone: Json) -> None:
    other_studio = await new_studio(database, studio.client, studio.keys)
    await studio.client.post("/v1/sync/pull", json={"cursor": "x"}, headers=bearer(phone))
    told = await health(other_studio)
    assert (told["refusals"], told["devices"]["active"]) == ([], 0)
