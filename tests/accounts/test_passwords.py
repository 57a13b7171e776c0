"""Which passwords are taken, how they are kept, and how they are changed."""

import pytest
from passlib.hash import argon2

from app.accounts import guessable, passwords
from app.accounts.errors import PasswordBlocked
from tests.accounts.studios import PASSWORD, Studio, bearer
from tests.facts import Property

pytestmark = pytest.mark.usefixtures("in_earnest")

NEW = "three ducks on a pond"
CHANGE = "/v1/auth/password"


KNOWN = ("stonebridge", "Harbor Light Portraits", "JD", "Jo", "Doe", "Jolanda Doe", "jo.doe-smythe")
GOOD = [
    "onlylowercaseletters",
    "words with blanks in it",
    "🦆🦆🌊🌊🏔🏔🌲🌲🦊🦊🐻🐻",
    "x7qm" * 16,
    "jo went to the harbor with seven stones",
    "correct horse battery staple " * 8 + "twenty-four characters..",
    "päßwörter sind schön",
]


@pytest.mark.parametrize("password", GOOD)
async def test_any_characters_make_a_password(password: str) -> None:
    passwords.require_acceptable(password, *KNOWN)
    kept = await passwords.hash_password(password)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(password, kept)
    assert not await passwords.verify(password[:-1], kept)


BAD = {
    "elevenchars": "too_short",
    "y" + "ab" * 128: "too_long",
    "half \ud800 of a pair": "characters",
    "with a nul \0 inside": "characters",
    "password1234": "common",
    "Qwertyuiop!!!!": "common",
    "passwordpassword": "common",
    "1234567890123": "common",
    "P@ssw0rd-2026": "common",
    "1loveyou1loveyou": "common",
    "drowssapdrowssap": "common",
    "Contrase\u00f1a2026": "common",
    "trustno1trustno1": "common",
    "Stonebridge-2026": "context",
    "DoeDoeDoeDoe": "context",
    "jdjdjdjdjdjd": "context",
    "HarborLight26": "context",
    "H4rb0r-L1ght!": "context",
    "jolanda-2026!": "context",
    "Smythe&Doe 2026": "context",
    "jo.doe-smythe": "context",
    "h\u00e1rbor harbor": "context",
    "robrahrobrah": "context",
    "summer@harbor": "context",
    "DoePassword26": "context",
}


@pytest.mark.parametrize(("password", "reason"), BAD.items(), ids=map(ascii, BAD))
def test_a_bad_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    with pytest.raises(PasswordBlocked) as refused:
        passwords.require_acceptable(password, *KNOWN)
    assert refused.value.extra["reason"] == reason


FORMS = ("{0}", "{0}123456789012", "2026!{0}!2026!2026", "{0}{0}{0}{0}{0}{0}", "{0}-{0}-{0}-{0}-{0}")


@pytest.mark.parametrize(
    "forms", [FORMS[:1], pytest.param(FORMS, marks=pytest.mark.proof)], ids=["one", "all"]
)
def test_nothing_made_of_a_common_word_is_a_password(
    forms: tuple[str, ...], record_property: Property
) -> None:
    refused = 0
    for form in forms:
        for word in guessable._common():
            with pytest.raises(PasswordBlocked):
                passwords.require_acceptable(form.format(word))
            refused += 1
    record_property("counted: common passwords refused", refused)


async def test_two_ways_to_write_a_letter_are_one_password() -> None:
    kept = await passwords.hash_password("cafe\u0301 cre\u0300me daily")
    assert await passwords.verify("caf\u00e9 cr\u00e8me daily", kept)


@pytest.mark.parametrize("kept", ["", "rubbish", "$argon2id$v=19$m=1", "$2b$12$abc"])
async def test_a_corrupt_hash_matches_nothing_and_breaks_nothing(studio: Studio, kept: str) -> None:
    await studio.execute("UPDATE users SET password_hash = $2 WHERE account_id = $1", kept)
    assert (await studio.login()).json()["code"] == "invalid_credentials"


async def test_a_weaker_hash_is_replaced_at_the_next_sign_in(studio: Studio) -> None:
    weak = argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
    await studio.execute("UPDATE users SET password_hash = $2 WHERE account_id = $1", weak)
    await studio.signed_in()
    [row] = await studio.execute("SELECT password_hash FROM users WHERE account_id = $1 AND initials = 'PK'")
    assert "m=19456,t=2,p=1" in row["password_hash"]
    await studio.signed_in()


async def test_a_change_ends_the_other_sign_ins_and_keeps_this_one(studio: Studio) -> None:
    phone, desk = await studio.signed_in(), await studio.signed_in(device=None)
    body = {"current_password": PASSWORD, "new_password": NEW}
    changed = await studio.client.post(CHANGE, json=body, headers=bearer(desk))
    assert changed.status_code == 204
    assert (await studio.client.get("/v1/devices", headers=bearer(phone))).status_code == 401
    assert (await studio.client.get("/v1/devices", headers=bearer(desk))).status_code == 403
    assert (await studio.login()).status_code == 401
    assert (await studio.login(password=NEW)).status_code == 200


async def test_a_change_needs_the_current_password(studio: Studio) -> None:
    headers = bearer(await studio.signed_in())
    body = {"current_password": "not the one it was", "new_password": NEW}
    for _ in range(10):
        answer = await studio.client.post(CHANGE, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    answer = await studio.client.post(CHANGE, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


def test_a_long_password_of_many_known_words_is_judged_in_steps_not_in_combinations() -> None:
    passwords.require_acceptable("jojo" * 63 + "!!qx", *KNOWN, "j", "o", "jj", "jojo", "ojo")


@pytest.mark.parametrize(
    "new", ["short", "kerrkerrkerr", "patpatpatpat", "PatKerr-2026", "Test-Studio-26", "password1234", ""]
)
async def test_a_change_to_a_bad_password_is_refused(studio: Studio, new: str) -> None:
    headers = bearer(await studio.signed_in())
    body = {"current_password": PASSWORD, "new_password": new}
    answer = await studio.client.post(CHANGE, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "password_blocked")
