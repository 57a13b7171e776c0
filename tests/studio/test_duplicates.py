"""Possible duplicates: a warning that names who a new client may be already."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.sync.fields import Values
from app.sync.store import Write
from tests.samples import sample
from tests.studio.conftest import Settle
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, delete, patch, verdicts

ALL = ["last_name_and_city", "phone", "first_and_last_name", "address_and_city", "email"]
NOBODY: Values = {
    "first_name": None,
    "last_name": "Nobody",
    "company_name": None,
    "email": None,
    "phones": [],
    "address": None,
    "new_address": None,
    "new_address_date": None,
}


def home(**fields: Any) -> Values:
    empty = dict.fromkeys(("line_1", "line_2", "city", "region", "postal_code", "country"))
    return {**empty, **fields}


def phones(number: str) -> list[Values]:
    return [{"id": str(uuid4()), "label": "Mobile", "number": number, "is_sms_enabled": False}]


def warned(results: list[dict[str, Any]]) -> list[list[tuple[list[str], list[str]]]]:
    """Return the fields and records of each verdict's warnings, all of which are of this kind."""
    assert {each["code"] for result in results for each in result["warnings"]} <= {"possible_duplicates"}
    return [[(each["fields"], each["records"]) for each in result["warnings"]] for result in results]


async def known(desk: Desk, **fields: Any) -> UUID:
    client = uuid4()
    await desk.put("clients", client, **sample("clients", **{**NOBODY, "last_name": uuid4().hex, **fields}))
    return client


@pytest.mark.parametrize(
    "alike",
    [
        ({"email": "Laura@Hartley.example"}, {"email": "laura@hartley.EXAMPLE"}, ["email"]),
        ({"phones": phones("(518) 555-0123")}, {"phones": phones("518.555 0123")}, ["phones"]),
        (
            {"first_name": "Laura ", "last_name": "HARTLEY"},
            {"first_name": "laura", "last_name": "Hartley"},
            ["first_name", "last_name"],
        ),
        (
            {"last_name": "Hartley", "address": home(city="Albany")},
            {"last_name": "hartley", "address": home(city="albany")},
            ["last_name", "address"],
        ),
        (
            {"address": home(line_1="12 Orchard Lane", city="Albany")},
            {"address": home(line_1="12 orchard lane", city="Albany")},
            ["address"],
        ),
    ],
)
async def test_a_new_client_who_is_like_another_is_taken_with_a_warning(
    desk: Desk, phone: Phone, settle: Settle, alike: tuple[Values, Values, list[str]]
) -> None:
    there, typed, fields = alike
    await settle(duplicate_checks=ALL)
    client = await known(desk, **there)
    results = await phone.push(create("clients", uuid4(), **{**NOBODY, **typed}))
    assert verdicts(results) == ["applied"]
    assert warned(results) == [[(fields, [str(client)])]]


async def test_only_what_the_company_compares_is_compared(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["phone"])
    await known(desk, email="laura@hartley.example")
    results = await phone.push(create("clients", uuid4(), **{**NOBODY, "email": "laura@hartley.example"}))
    assert warned(results) == [[]]


async def test_a_company_without_checks_gets_no_warning(desk: Desk, phone: Phone) -> None:
    await known(desk, email="laura@hartley.example")
    results = await phone.push(create("clients", uuid4(), **{**NOBODY, "email": "laura@hartley.example"}))
    assert warned(results) == [[]]


async def test_nothing_is_not_alike(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=ALL)
    await known(desk, phones=phones("-"), email=None)
    results = await phone.push(
        create("clients", uuid4(), **{**NOBODY, "phones": phones("--"), "address": home(city="Albany")})
    )
    assert warned(results) == [[]]


async def test_a_patch_is_compared_by_what_it_changes(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["email", "phone"])
    twin = await known(desk, email="laura@hartley.example", phones=phones("1"))
    client = await known(desk, phones=phones("1"))
    results = await phone.push(
        patch("clients", client, 2**53 - 1, job_title="Teacher"),
        patch("clients", client, 2**53 - 1, email="LAURA@hartley.example"),
    )
    assert warned(results) == [[], [(["email"], [str(twin)])]]


async def test_two_new_clients_of_one_push_are_compared(phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["email"])
    one, other, refused = uuid4(), uuid4(), uuid4()
    alike = {**NOBODY, "email": "laura@hartley.example"}
    results = await phone.push(
        create("clients", refused, **{**alike, "hair": "red"}),
        create("clients", one, **alike),
        create("clients", other, **alike),
    )
    assert verdicts(results) == ["rejected", "applied", "applied"]
    assert warned(results) == [[], [], [(["email"], [str(one)])]]


async def test_a_deleted_client_is_nobody_s_double(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["email"])
    gone = await known(desk, email="laura@hartley.example")
    going = await known(desk, email="laura@hartley.example")
    await desk.delete("clients", gone)
    results = await phone.push(
        delete("clients", going, 2**53 - 1),
        create("clients", uuid4(), **{**NOBODY, "email": "laura@hartley.example"}),
    )
    assert warned(results) == [[], []]


async def test_a_client_is_compared_as_each_change_leaves_it(
    desk: Desk, phone: Phone, settle: Settle
) -> None:
    await settle(duplicate_checks=["email"])
    one = await known(desk, email="one@hartley.example")
    other = await known(desk, email="other@hartley.example")
    client = uuid4()
    results = await phone.push(
        create("clients", client, **{**NOBODY, "email": "one@hartley.example"}),
        patch("clients", client, None, email="other@hartley.example"),
        create("clients", uuid4(), **{**NOBODY, "email": "one@hartley.example"}),
    )
    assert warned(results) == [
        [(["email"], [str(one)])],
        [(["email"], [str(other)])],
        [(["email"], [str(one)])],
    ]


async def test_a_deletion_that_is_refused_hides_no_double(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["email"])
    twin = await known(desk, email="laura@hartley.example")
    client = uuid4()
    results = await phone.push(
        create("clients", client, **{**NOBODY, "email": "laura@hartley.example"}),
        create("sessions", uuid4(), client_id=str(client)),
        delete("clients", client, None),
        patch("clients", client, None, first_name="Laura"),
    )
    assert verdicts(results) == ["applied", "applied", "rejected", "applied"]
    assert warned(results) == [[(["email"], [str(twin)])], [], [], []]


async def test_a_client_of_before_is_known_by_what_they_are_called_now(
    desk: Desk, phone: Phone, settle: Settle
) -> None:
    await settle(duplicate_checks=["email"])
    client = await known(desk, email="old@hartley.example")
    await desk.put("clients", client, email="new@hartley.example")
    results = await phone.push(
        create("clients", uuid4(), **{**NOBODY, "email": "old@hartley.example"}),
        create("clients", uuid4(), **{**NOBODY, "email": "new@hartley.example"}),
    )
    assert warned(results) == [[], [(["email"], [str(client)])]]


async def test_no_more_than_ten_are_named(desk: Desk, phone: Phone, settle: Settle) -> None:
    await settle(duplicate_checks=["email"])
    alike = sample("clients", **{**NOBODY, "email": "laura@hartley.example"})
    await desk.write(*(Write("clients", uuid4(), alike) for _ in range(12)))
    [result] = await phone.push(create("clients", uuid4(), **alike))
    assert len(set(result["warnings"][0]["records"])) == 10


async def test_another_account_s_clients_are_not_known(desk: Desk) -> None:
    await known(desk, email="laura@hartley.example")
    async with desk.database.reading(uuid4()) as session:
        assert await session.raw.fetchval("SELECT count(*) FROM client_likenesses") == 0


async def test_who_is_alike_is_found_by_index(desk: Desk) -> None:
    async with desk.database.reading(desk.account_id) as session:
        sql = "SELECT indexdef FROM pg_indexes WHERE tablename = 'client_likenesses'"
        found = [row["indexdef"] for row in await session.raw.fetch(sql)]
    assert any("(account_id, kind, value" in each for each in found), found
