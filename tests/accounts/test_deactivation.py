"""A phone that is shut out, and what it is told."""

from typing import Any
from uuid import uuid4

import pytest
from jwt import PyJWK, decode, get_unverified_header

from app.accounts.tokens import Claims, WipeOrder, issue_access, issue_wipe
from tests.accounts.studios import Studio, bearer

WIPED = "/v1/devices/me/wiped"


async def deactivate(
    studio: Studio, device: str, *, is_inactive: bool = True, wipe: bool | None = None
) -> Any:
    answer = await studio.change_device(device, is_inactive=is_inactive, wipe=wipe)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_next_request_is_refused_with_a_signed_order(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"])
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (403, "device_deactivated")
    order = answer.json()["wipe_order"]
    assert get_unverified_header(order)["typ"] == "wipe+jwt"
    told = decode(order, PyJWK(phone["wipe_key"]), algorithms=["ES256"], audience="studio-device")
    assert told["sub"] == phone["device"]["id"]
    assert told["uid"] == str(studio.uid)
    assert told["nonce"]
    assert told["iat"]


async def test_every_door_tells_it_until_the_receipt(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"])
    refresh = {"refresh_token": phone["refresh_token"]}
    for answer in (
        await studio.client.get("/v1/devices", headers=bearer(phone)),
        await studio.client.post("/v1/auth/logout", headers=bearer(phone)),
        await studio.client.post("/v1/auth/refresh", json=refresh),
        await studio.login(),
    ):
        assert answer.json()["code"] == "device_deactivated"
        assert answer.json()["wipe_order"]


async def test_the_order_is_the_proof_of_the_receipt(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"])
    order = (await studio.login()).json()["wipe_order"]
    first = await studio.client.post(WIPED, json={"wipe_order": order})
    again = await studio.client.post(WIPED, json={"wipe_order": order})
    assert first.status_code == 200
    assert first.json() == again.json()
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    rows = (await studio.client.get("/v1/devices", headers=await studio.administrator())).json()["devices"]
    assert rows[0]["wiped_at"]


async def test_a_receipt_after_reactivation_is_stale(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"])
    order = (await studio.login()).json()["wipe_order"]
    await deactivate(studio, phone["device"]["id"], is_inactive=False)
    answer = await studio.client.post(WIPED, json={"wipe_order": order})
    assert (answer.status_code, answer.json()["code"]) == (409, "wipe_order_stale")


@pytest.mark.parametrize("kind", ["rubbish", "an access token", "of no device"])
async def test_no_other_word_is_a_receipt(studio: Studio, kind: str) -> None:
    account = studio.account.account_id
    order = {
        "rubbish": "a.b.c",
        "an access token": issue_access(studio.keys, Claims(account, uuid4(), uuid4(), None)),
        "of no device": issue_wipe(studio.keys, WipeOrder(account, uuid4(), None, uuid4())),
    }[kind]
    answer = await studio.client.post(WIPED, json={"wipe_order": order})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_reactivated_row_is_bound_anew_and_old_tokens_are_dead(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"])
    await deactivate(studio, phone["device"]["id"], is_inactive=False)
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    again = await studio.signed_in()
    assert again["device"]["id"] == phone["device"]["id"]
    assert again["device"]["last_sync"] is None


async def test_a_phone_that_is_to_keep_its_copy_is_refused_without_an_order(studio: Studio) -> None:
    phone = await studio.signed_in()
    told = await deactivate(studio, phone["device"]["id"], wipe=False)
    assert (told["is_inactive"], told["wipe_ordered_at"], told["wiped_at"]) == (True, None, None)
    for answer in (
        await studio.client.get("/v1/account", headers=bearer(phone)),
        await studio.client.post("/v1/auth/logout", headers=bearer(phone)),
        await studio.client.post("/v1/auth/refresh", json={"refresh_token": phone["refresh_token"]}),
        await studio.login(),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "device_inactive")
        assert "wipe_order" not in answer.json()


async def test_a_phone_that_kept_its_copy_is_known_again(studio: Studio) -> None:
    phone = await studio.signed_in()
    await deactivate(studio, phone["device"]["id"], wipe=False)
    told = await deactivate(studio, phone["device"]["id"], is_inactive=False)
    assert (told["is_bound"], told["name"]) == (True, "Pat's phone")
    assert (told["deactivated_at"], told["deactivated_by"]) == (None, None)
    assert (await studio.client.get("/v1/account", headers=bearer(phone))).status_code == 200
    again = await studio.signed_in()
    assert again["device"]["bound_at"] == phone["device"]["bound_at"]


async def test_a_phone_that_is_shut_out_can_be_wiped_later(studio: Studio) -> None:
    phone = await studio.signed_in()
    device = phone["device"]["id"]
    kept = await deactivate(studio, device, wipe=False)
    assert await deactivate(studio, device) == kept
    told = await deactivate(studio, device, wipe=True)
    assert told["wipe_ordered_at"]
    assert told["deactivated_at"] == kept["deactivated_at"]
    answer = await studio.client.get("/v1/account", headers=bearer(phone))
    assert answer.json()["code"] == "device_deactivated"
    order = {"wipe_order": answer.json()["wipe_order"]}
    assert (await studio.client.post(WIPED, json=order)).status_code == 200


async def test_an_order_can_be_taken_back_until_it_is_obeyed(studio: Studio) -> None:
    phone = await studio.signed_in()
    device = phone["device"]["id"]
    await deactivate(studio, device)
    order = {"wipe_order": (await studio.login()).json()["wipe_order"]}
    assert (await deactivate(studio, device, wipe=False))["wipe_ordered_at"] is None
    assert (await studio.login()).json()["code"] == "device_inactive"
    answer = await studio.client.post(WIPED, json=order)
    assert (answer.status_code, answer.json()["code"]) == (409, "wipe_order_stale")
    await deactivate(studio, device, wipe=True)
    order = {"wipe_order": (await studio.login()).json()["wipe_order"]}
    await studio.client.post(WIPED, json=order)
    assert (await deactivate(studio, device, wipe=False))["wiped_at"]
    await deactivate(studio, device, is_inactive=False)
    assert (await studio.client.get("/v1/account", headers=bearer(phone))).status_code == 401


async def test_nobody_is_wiped_who_is_let_in(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    answer = await studio.change_device(device, is_inactive=False, wipe=True)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_of_two_administrators_the_second_reads_again(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    headers, path = await studio.administrator(), f"/v1/devices/{device}"
    read = await studio.client.get(path, headers=headers)
    assert read.headers["etag"] == f'"{read.json()["version"]}"'
    seen = {**headers, "If-Match": read.headers["etag"]}
    first = await studio.client.patch(path, json={"is_inactive": True, "wipe": False}, headers=seen)
    assert (first.status_code, first.headers["etag"]) == (200, f'"{first.json()["version"]}"')
    second = await studio.client.patch(path, json={"is_inactive": True, "wipe": True}, headers=seen)
    assert (second.status_code, second.json()["code"]) == (412, "version_changed")
    assert second.json()["version"] == first.json()["version"]
    assert second.headers["etag"] == first.headers["etag"]
    unsaid = await studio.client.patch(path, json={"is_inactive": False}, headers=headers)
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "precondition_required")
    now = (await studio.client.get(path, headers=headers)).json()
    assert now == first.json()


async def test_a_user_made_inactive_is_refused_at_once(studio: Studio) -> None:
    phone = await studio.signed_in()
    await studio.execute("UPDATE users SET is_active = false WHERE account_id = $1 AND initials = 'PK'")
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (403, "user_inactive")


async def test_a_lapsed_subscription_is_refused_at_once(studio: Studio) -> None:
    phone = await studio.signed_in()
    await studio.execute("UPDATE accounts SET subscription_state = 'cancelled' WHERE account_id = $1")
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (403, "subscription_inactive")


async def test_a_lower_edition_shuts_phones_out_but_not_desks(studio: Studio) -> None:
    phone, desk = await studio.signed_in(), await studio.administrator()
    await studio.execute("UPDATE accounts SET edition = 'express' WHERE account_id = $1")
    answer = await studio.client.get("/v1/devices", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (403, "edition_required")
    assert (await studio.client.get("/v1/devices", headers=desk)).status_code == 200
