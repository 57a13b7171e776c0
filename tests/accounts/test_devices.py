"""Administering the devices of an account."""

from datetime import timedelta
from uuid import uuid4

from app.core.clock import now
from tests.accounts.studios import Studio, bearer


async def test_the_list_shows_rows_and_allowance(studio: Studio) -> None:
    await studio.signed_in()
    listed = (await studio.client.get("/v1/devices", headers=await studio.administrator())).json()
    assert (listed["limit"], listed["in_use"]) == (4, 1)
    assert listed["devices"][0]["user_id"] == str(studio.photographer.user_id)
    assert "device_uid" not in listed["devices"][0]


async def test_only_administrators_manage_devices(studio: Studio) -> None:
    headers = bearer(await studio.signed_in(device=None))
    for answer in (
        await studio.client.get("/v1/devices", headers=headers),
        await studio.client.post("/v1/devices", json={"user_id": str(uuid4())}, headers=headers),
        await studio.client.get(f"/v1/devices/{uuid4()}", headers=headers),
        await studio.client.patch(f"/v1/devices/{uuid4()}", json={"is_inactive": True}, headers=headers),
        await studio.client.delete(f"/v1/devices/{uuid4()}", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_the_limit_is_told_with_its_figures_and_the_idle(studio: Studio) -> None:
    headers, body = await studio.administrator(), {"user_id": str(studio.photographer.user_id)}
    long_ago = now() - timedelta(days=40)
    await studio.execute("UPDATE devices SET authorized_at = $2 WHERE account_id = $1", long_ago)
    for _ in range(3):
        assert (await studio.client.post("/v1/devices", json=body, headers=headers)).status_code == 201
    answer = await studio.client.post("/v1/devices", json=body, headers=headers)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "device_limit_reached")
    assert (told["limit"], told["in_use"], told["licences"], len(told["idle"])) == (4, 4, 2, 4)
    [longest] = await studio.execute(
        "SELECT device_id FROM devices WHERE account_id = $1 ORDER BY authorized_at LIMIT 1"
    )
    assert told["idle"][0]["id"] == str(longest["device_id"])


async def test_an_inactive_row_frees_a_place_and_needs_one_to_come_back(studio: Studio) -> None:
    headers, body = await studio.administrator(), {"user_id": str(studio.photographer.user_id)}
    await studio.authorize(3)
    row = (await studio.client.get("/v1/devices", headers=headers)).json()["devices"][0]["id"]
    assert (await studio.change_device(row, headers, is_inactive=True)).status_code == 200
    assert (await studio.client.post("/v1/devices", json=body, headers=headers)).status_code == 201
    answer = await studio.change_device(row, headers, is_inactive=False)
    assert (answer.status_code, answer.json()["code"]) == (409, "device_limit_reached")


async def test_fewer_licences_keep_the_devices_in_use(studio: Studio) -> None:
    await studio.authorize(3)
    await studio.execute("UPDATE accounts SET licences = 1 WHERE account_id = $1")
    phone = await studio.signed_in()
    assert phone["device"]["is_inactive"] is False


async def test_only_an_unbound_row_is_removed(studio: Studio) -> None:
    bound = (await studio.signed_in())["device"]["id"]
    [free] = await studio.authorize()
    headers = await studio.administrator()
    assert (await studio.client.delete(f"/v1/devices/{free}", headers=headers)).status_code == 204
    answer = await studio.client.delete(f"/v1/devices/{bound}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "device_bound")
    answer = await studio.client.delete(f"/v1/devices/{free}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found")


async def test_a_row_goes_once_its_phone_has_confirmed_that_its_copy_is_gone(studio: Studio) -> None:
    phone = await studio.signed_in()
    row, headers = phone["device"]["id"], await studio.administrator()
    for wipe in (False, True):
        await studio.change_device(row, headers, is_inactive=True, wipe=wipe)
        early = await studio.client.delete(f"/v1/devices/{row}", headers=headers)
        assert (early.status_code, early.json()["code"]) == (409, "device_bound")
    refused = await studio.client.get("/v1/account", headers=bearer(phone))
    receipt = {"wipe_order": refused.json()["wipe_order"]}
    assert (await studio.client.post("/v1/devices/me/wiped", json=receipt)).status_code == 200
    assert (await studio.client.delete(f"/v1/devices/{row}", headers=headers)).status_code == 204
    assert (await studio.client.get("/v1/devices", headers=headers)).json()["devices"] == []
    assert (await studio.client.get("/v1/account", headers=bearer(phone))).json()["code"] == "invalid_token"
    assert (await studio.login()).json()["code"] == "device_not_authorized"
    trail = (await studio.client.get(f"/v1/audit?record_id={row}", headers=headers)).json()["entries"]
    assert [each["action"] for each in trail[:2]] == ["deleted", "wiped"]
    assert trail[0]["before"]["name"] == "Pat's phone"
    assert trail[0]["before"].keys().isdisjoint({"device_uid", "binding_id", "wipe_nonce"})


async def test_a_reactivated_row_that_nobody_took_can_be_removed(studio: Studio) -> None:
    row = (await studio.signed_in())["device"]["id"]
    headers = await studio.administrator()
    for is_inactive in (True, False):
        await studio.change_device(row, headers, is_inactive=is_inactive)
    assert (await studio.client.delete(f"/v1/devices/{row}", headers=headers)).status_code == 204


async def test_devices_are_authorized_for_users_of_the_account_alone(studio: Studio) -> None:
    headers = await studio.administrator()
    answer = await studio.client.post("/v1/devices", json={"user_id": str(uuid4())}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_user")


async def test_a_studio_may_be_named_in_enterprise_alone(studio: Studio) -> None:
    headers = await studio.administrator()
    body = {"user_id": str(studio.photographer.user_id), "studio_id": str(uuid4())}
    answer = await studio.client.post("/v1/devices", json=body, headers=headers)
    assert (answer.status_code, answer.json()["minimum_edition"]) == (403, "enterprise")


async def test_devices_are_listed_as_they_are_looked_for(studio: Studio) -> None:
    await studio.execute("UPDATE accounts SET licences = 5 WHERE account_id = $1")
    free, fresh, late, never, out = await studio.authorize(5)
    bound = "UPDATE devices SET device_uid = device_id, bound_at = $3, last_sync = $4, oldest_queued_at = $5"
    bound += " WHERE account_id = $1 AND device_id = $2"
    long_ago, today = now() - timedelta(days=30), now()
    await studio.execute("DELETE FROM devices WHERE account_id = $1 AND device_id <> ALL($2::uuid[])", [
        free, fresh, late, never, out
    ])  # fmt: skip
    await studio.execute(bound, fresh, long_ago, today, None)
    await studio.execute(bound, late, long_ago, long_ago, long_ago)
    await studio.execute(bound, never, long_ago, None, today)
    await studio.execute(bound, out, long_ago, long_ago - timedelta(days=1), None)
    await studio.change_device(out, is_inactive=True)
    for asked, expected in (
        ("", [free, fresh, late, never, out]),
        ("is_inactive=true", [out]),
        ("is_inactive=false", [free, fresh, late, never]),
        ("behind_days=7", [late, never]),
        ("behind_days=60", []),
        ("order=last_sync", [free, never, out, late, fresh]),
        ("order=queued&is_inactive=false", [late, never, free, fresh]),
        (f"user_id={studio.photographer.user_id}&behind_days=7&order=last_sync", [never, late]),
        (f"user_id={uuid4()}", []),
    ):
        listed = (
            await studio.client.get(f"/v1/devices?{asked}", headers=await studio.administrator())
        ).json()
        assert [each["id"] for each in listed["devices"]] == [str(each) for each in expected], asked
        assert (listed["limit"], listed["in_use"]) == (10, 4)


async def test_another_account_cannot_touch_a_device(studio: Studio, other_studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    headers = await other_studio.administrator()
    for answer in (
        await studio.client.get(f"/v1/devices/{device}", headers=headers),
        await studio.change_device(device, headers, is_inactive=True),
        await studio.client.delete(f"/v1/devices/{device}", headers=headers),
        await studio.client.delete(f"/v1/devices/{uuid4()}", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found")
