"""A phone that is shut out, and what it is told."""

from uuid import uuid4

import pytest
from jwt import PyJWK, decode, get_unverified_header

from app.accounts.tokens import Claims, WipeOrder, issue_access, issue_wipe
from tests.accounts.studios import Studio, bearer

WIPED = "/v1/devices/me/wiped"


async def deactivate(studio: Studio, device: str, *, is_inactive: bool = True) -> None:
    answer = await studio.client.patch(
        f"/v1/devices/{device}", json={"is_inactive": is_inactive}, headers=await studio.administrator()
    )
    assert answer.status_code == 200, answer.text


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
