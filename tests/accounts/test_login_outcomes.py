"""Every outcome of signing in, in the order in which they are looked at."""

from uuid import uuid4

import pytest

from app.core.clock import now
from tests.accounts.studios import Studio


async def test_a_phone_signs_in_and_is_told_all_it_needs(studio: Studio) -> None:
    answer = await studio.signed_in()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] <= 900
    assert answer["account"]["name"] == studio.account.account_name
    assert answer["user"]["initials"] == "PK"
    assert answer["device"]["name"] == "Pat's phone"
    assert answer["device"]["is_bound"] is True
    assert answer["device"]["last_sync"] is None
    assert answer["wipe_key"]["crv"] == "P-256"
    assert answer["server_time"][:10] == now().date().isoformat()


async def test_a_desk_signs_in_without_a_device(studio: Studio) -> None:
    assert (await studio.signed_in(device=None))["device"] is None


async def test_case_of_account_and_initials_does_not_matter(studio: Studio) -> None:
    await studio.signed_in(account=studio.account.account_name.upper(), initials="pk")


async def test_blanks_a_keyboard_adds_around_account_and_initials_do_not_matter(studio: Studio) -> None:
    await studio.signed_in(account=f" {studio.account.account_name} ", initials=" PK ")


WRONG = {
    "account": {"account": f"nobody-{uuid4().hex}"},
    "initials": {"initials": "ZZ"},
    "password": {"password": "another long walk"},
    "initials with a blank inside": {"initials": "P K"},
    "look-alike initials": {"initials": "\u0420K"},
    "an account that is no name": {"account": "../etc/passwd%00"},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
async def test_any_wrong_word_gets_the_very_same_answer(studio: Studio, changed: dict[str, str]) -> None:
    wrong = await studio.login(**changed)
    other = await studio.login(password="not the password at all")
    assert wrong.status_code == other.status_code == 401
    bodies = [{**answer.json(), "instance": None} for answer in (wrong, other)]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "invalid_credentials"
    names = [set(answer.headers) for answer in (wrong, other)]
    assert names[0] == names[1]


async def test_an_inactive_user_is_a_wrong_word(studio: Studio) -> None:
    await studio.execute("UPDATE users SET is_active = false WHERE account_id = $1 AND initials = 'PK'")
    assert (await studio.login()).json()["code"] == "invalid_credentials"


async def test_a_blank_password_is_refused(studio: Studio) -> None:
    assert (await studio.login(password="")).status_code == 422


REFUSALS = [
    ("subscription_inactive", "UPDATE accounts SET subscription_state = 'cancelled' WHERE account_id = $1"),
    ("edition_required", "UPDATE accounts SET edition = 'express' WHERE account_id = $1"),
    ("password_reset_required", "UPDATE users SET must_reset = true WHERE account_id = $1"),
    ("device_not_authorized", "DELETE FROM devices WHERE account_id = $1"),
]


@pytest.mark.parametrize("first", range(len(REFUSALS)), ids=[code for code, _ in REFUSALS])
async def test_the_first_reason_in_order_is_the_one_given(studio: Studio, first: int) -> None:
    for _, statement in REFUSALS[first:]:
        await studio.execute(statement)
    answer = await studio.login()
    assert (answer.status_code, answer.json()["code"]) == (403, REFUSALS[first][0])


@pytest.mark.parametrize("statement", [statement for _, statement in REFUSALS])
async def test_only_who_knows_the_password_learns_the_reason(studio: Studio, statement: str) -> None:
    await studio.execute(statement)
    assert (await studio.login(password="not the password")).status_code == 401


async def test_the_edition_needed_is_named(studio: Studio) -> None:
    await studio.execute("UPDATE accounts SET edition = 'spectra' WHERE account_id = $1")
    assert (await studio.login()).json()["minimum_edition"] == "essential"


async def test_a_desk_needs_no_mobile_edition(studio: Studio) -> None:
    await studio.execute("UPDATE accounts SET edition = 'express' WHERE account_id = $1")
    assert (await studio.login(device=None)).status_code == 200


async def test_a_desk_needs_a_current_subscription(studio: Studio) -> None:
    await studio.execute("UPDATE accounts SET subscription_state = 'past_due' WHERE account_id = $1")
    assert (await studio.login(device=None)).json()["code"] == "subscription_inactive"


async def test_a_second_phone_finds_no_slot(studio: Studio) -> None:
    await studio.signed_in()
    answer = await studio.login(device=studio.phone())
    assert (answer.status_code, answer.json()["code"]) == (403, "no_device_slot")


async def test_the_same_phone_keeps_its_slot(studio: Studio) -> None:
    first = await studio.signed_in()
    again = await studio.signed_in()
    assert first["device"]["id"] == again["device"]["id"]


async def test_the_oldest_free_row_is_bound_first(studio: Studio) -> None:
    await studio.authorize(2)
    oldest = await studio.execute(
        "SELECT device_id FROM devices WHERE account_id = $1 ORDER BY authorized_at"
    )
    answer = await studio.signed_in()
    assert answer["device"]["id"] == str(oldest[0]["device_id"])


async def test_a_deactivated_phone_does_not_take_a_free_row(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    await studio.authorize()
    await studio.change_device(device, is_inactive=True)
    answer = await studio.login()
    assert (answer.status_code, answer.json()["code"]) == (403, "device_deactivated")
    assert answer.json()["wipe_order"]


async def test_a_former_sign_in_of_the_phone_ends_with_the_next(studio: Studio) -> None:
    first = await studio.signed_in()
    await studio.signed_in()
    body = {"refresh_token": first["refresh_token"]}
    assert (await studio.client.post("/v1/auth/refresh", json=body)).json()["code"] == "invalid_token"
