"""The client list narrows with each letter, is in the order people expect, and is right after every write."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Level
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.client_list.listing import ask, index, listed, refused, rows, school, shown
from tests.desk.conftest import Has
from tests.desk.hubs.asking import give
from tests.samples import named

HARTLEY = {"first_name": "Laura", "last_name": "Hartley", "client_number": 1042}
HARTMANN = {"first_name": "Lars", "last_name": "Hartmann", "company_name": "Nordlicht GmbH"}
OBRIEN = {"first_name": "Zoë", "last_name": "O'Brien-Smith", "client_number": 2104}
LAUB = {"company_name": "Laub & Söhne"}


async def test_the_list_narrows_with_each_letter_and_clearing_brings_it_back(
    studio: Studio, desk: Desk
) -> None:
    await listed(studio, HARTLEY, HARTMANN, OBRIEN, LAUB)
    everybody = ["Hartley", "Hartmann", "Laub & Söhne", "O'Brien-Smith"]
    for typed, found in (
        ("", everybody),
        ("l", ["Hartley", "Hartmann", "Laub & Söhne"]),
        ("la", ["Hartley", "Hartmann", "Laub & Söhne"]),
        ("lau", ["Hartley", "Laub & Söhne"]),
        ("laur", ["Hartley"]),
        ("laur h", ["Hartley"]),
        ("laur hartm", []),
        ("HART", ["Hartley", "Hartmann"]),
        ("hart gmb", ["Hartmann"]),
        ("104", ["Hartley"]),
        ("#1042", ["Hartley"]),
        ("042", []),
        ("o", ["O'Brien-Smith"]),
        ("O'", ["O'Brien-Smith"]),
        ("o\u2019b", ["O'Brien-Smith"]),
        ("brien", ["O'Brien-Smith"]),
        ("obrien-s", ["O'Brien-Smith"]),
        ("smith zoe", ["O'Brien-Smith"]),
        ("laub &", ["Laub & Söhne"]),
        ("laub & so", ["Laub & Söhne"]),
        ("laub & sö", ["Laub & Söhne"]),
        ("%", everybody),
        ("  ", everybody),
        ("\0", everybody),
    ):
        assert await shown(desk, typed) == found, typed
        assert sum((await index(desk, typed)).values()) == len(found), typed


async def test_names_are_in_the_order_people_expect_each_under_its_letter(studio: Studio, desk: Desk) -> None:
    eluard = await school(desk, "Éluard School")
    ordered = [
        ("A", {"last_name": "Anders"}),
        ("A", {"last_name": "Ångström"}),
        ("B", {"first_name": "björk", "company_name": "Aurora"}),
        ("D", {"last_name": "de Vries"}),
        ("D", {"last_name": "Dean", "first_name": "Álvaro"}),
        ("D", {"last_name": "DEAN", "first_name": "Bea"}),
        ("E", {"organization_id": eluard}),
        ("E", {"last_name": "(Emmet)"}),
        ("O", {"last_name": "Obolon"}),
        ("O", {"last_name": "O'Brien"}),
        ("O", {"last_name": "Ødegård"}),
        ("Z", {"last_name": "Zola"}),
        ("#", {"last_name": "?"}),
        ("#", {"company_name": "3 Brothers"}),
        ("#", {"last_name": "Ωνάσης"}),
    ]
    made = await listed(studio, *(client for _, client in reversed(ordered)))
    whole = await rows(desk)
    assert [each["id"] for each in whole] == made[::-1]
    assert [each["letter"] for each in whole] == [letter for letter, _ in ordered]
    assert await index(desk) == {"A": 2, "B": 1, "D": 3, "E": 2, "O": 3, "Z": 1, "#": 3}
    for limit in (1, 2, 4, len(whole)):
        assert await rows(desk, limit) == whole
    for letter, first in (("a", "Anders"), ("D", "de Vries"), ("F", "Obolon"), ("#", "?")):
        names = await shown(desk, letter=letter, limit=2)
        assert names == (await shown(desk))[-len(names) :]
        assert names[0] == first


async def test_a_row_has_what_the_list_shows(studio: Studio, has: Has, desk: Desk) -> None:
    lincoln = await school(desk, "Lincoln High School")
    status = await has("client_statuses", description="Upset Client")
    known = {**HARTLEY, "status_id": status["id"], "client_type": "business"}
    [client] = await listed(studio, {**known, "organization_id": lincoln})
    assert await rows(desk) == [
        {
            "id": client,
            "letter": "H",
            "first_name": "Laura",
            "last_name": "Hartley",
            "company_name": "Lincoln High School",
            "client_number": 1042,
            "client_type": "business",
            "status_id": status["id"],
            "status_name": "Upset Client",
        }
    ]


async def test_whoever_is_renamed_is_found_by_the_new_name_alone(
    studio: Studio, has: Has, desk: Desk
) -> None:
    status = await has("client_statuses", description="Prospect")
    other = {"status_id": (await has("client_statuses", description="Walk-in"))["id"]}
    lincoln = await school(desk, "Lincoln High School")
    of_school = {"organization_id": lincoln}
    [laura, pupil, _, _] = await listed(
        studio,
        {**HARTLEY, "status_id": status["id"]},
        {"last_name": "Fox", **of_school, **other},
        {**of_school, **other},
        {"last_name": "Gray", "company_name": "Gray's", **of_school, **other},
    )
    assert await shown(desk, "lincoln") == ["Fox", "Lincoln High School"]
    assert await shown(desk, "pros") == ["Hartley"]
    for collection, record, change in (
        ("clients", laura, {"last_name": "Miller", "client_number": 77}),
        ("clients", pupil, {"company_name": "Fox Films"}),
        ("client_statuses", status["id"], {"description": "Loyalty Client"}),
        ("organizations", lincoln, {"name": "Adams Academy"}),
    ):
        answer = await desk.change(named(collection), record, change)
        assert answer.status_code == 200, answer.text
    for typed, found in (
        ("", ["Adams Academy", "Fox", "Gray", "Miller"]),
        ("hart", []),
        ("1042", []),
        ("mill 77", ["Miller"]),
        ("pros", []),
        ("client mil", ["Miller"]),
        ("lincoln", []),
        ("adams", ["Adams Academy"]),
        ("films", ["Fox"]),
    ):
        assert await shown(desk, typed) == found, typed
    assert await index(desk) == {"A": 1, "F": 1, "G": 1, "M": 1}


async def test_who_was_deleted_or_merged_is_no_longer_listed(studio: Studio, desk: Desk) -> None:
    goes, stays, gone = await listed(
        studio, HARTLEY, {"first_name": "Lena", "last_name": "Hartley"}, {"last_name": "Hart"}
    )
    merged = await desk.ask("POST", f"clients/{goes}/merge", {"into": stays})
    assert merged.status_code == 200, merged.text
    assert (await desk.delete(named("clients"), gone)).status_code == 204
    assert [each["id"] for each in await rows(desk, search="hart")] == [stays]
    assert await shown(desk, "laura") == []
    assert await index(desk) == {"H": 1}


async def test_a_page_goes_on_behind_what_was_shown_and_belongs_to_its_search(
    studio: Studio, desk: Desk
) -> None:
    await listed(studio, *({"last_name": name} for name in ("Bell", "Dow", "Fox")))
    first = (await ask(desk, limit=2)).json()
    await listed(studio, *({"last_name": name} for name in ("Abel", "Eck")))
    page = first["next_page"]
    rest = (await ask(desk, limit=9, page=page)).json()
    names = [each["last_name"] for each in (*first["clients"], *rest["clients"])]
    assert names == ["Bell", "Dow", "Eck", "Fox"]
    assert (await ask(desk, search=" ", page=page)).status_code == 200, "the same as nothing"
    for other in ({"search": "d"}, {"letter": "D"}):
        assert refused(await ask(desk, page=page, **other)) == (400, "page_malformed", []), other
    for odd in ("", "a", "W10", "é", "W251bGwsbnVsbCxudWxsXQ", "a" * 4_000):
        assert refused(await ask(desk, page=odd)) == (400, "page_malformed", []), odd


@pytest.mark.parametrize(
    ("asked", "place", "code"),
    [
        ({"limit": 0}, "query.limit", "greater_than_equal"),
        ({"limit": 501}, "query.limit", "less_than_equal"),
        ({"letter": "AB"}, "query.letter", "string_pattern_mismatch"),
        ({"letter": "é"}, "query.letter", "string_pattern_mismatch"),
        ({"page": "a" * 4_001}, "query.page", "string_too_long"),
        ({"search": "a" * 201}, "query.search", "string_too_long"),
        ({"search": "a b c d e f g h i j k"}, "query.search", "too_many_words"),
        ({"sort": "first_name"}, "query.sort", "extra_forbidden"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_its_place(
    desk: Desk, asked: dict[str, Any], place: str, code: str
) -> None:
    assert refused(await ask(desk, **asked)) == (422, "invalid_request", [(place, code)])
    if "search" in asked:
        assert refused(await ask(desk, "/letters", **asked)) == (422, "invalid_request", [(place, code)])


async def test_who_may_not_view_clients_is_told_of_none(studio: Studio, photographer: Desk) -> None:
    await listed(studio, HARTLEY)
    assert await shown(photographer, "har") == ["Hartley"]
    await give(studio, clients=Level.NO_ACCESS)
    for path in ("", "/letters"):
        assert refused(await ask(photographer, path, search="har")) == (403, "permission_denied", [])


async def test_a_phone_may_ask_and_no_account_is_told_of_another_s(
    studio: Studio, desk: Desk, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    await listed(studio, HARTLEY)
    phone = Desk(http, bearer(await studio.signed_in()))
    assert await shown(phone, "har") == ["Hartley"]
    theirs = await new_studio(database, http, house.state.keys)
    stranger = await at_a_desk(theirs)
    page = (await ask(desk, limit=1, search="har")).json()["next_page"]
    assert page is None
    assert (await shown(stranger), await shown(stranger, "har"), await index(stranger)) == ([], [], {})
    await listed(studio, {"last_name": "Hart"})
    page = (await ask(desk, limit=1)).json()["next_page"]
    assert refused(await ask(stranger, page=page)) == (400, "page_malformed", [])
    assert (await desk.client.get("/v1/client-list")).json()["code"] == "invalid_token"
