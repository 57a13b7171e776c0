"""Filters: they find what plain Python finds, on the company's days, and say where they are wrong."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.accounts.lifecycle import change_account
from app.core import clock
from app.core.principal import Principal
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import Json, ask, ids, invoiced, leaf, rows, set_by_server, wrong

Hold = Callable[[datetime | None], None]
TODAY = {"relative": "today"}
DENVER = ZoneInfo("America/Denver")


@pytest.fixture
async def hold() -> AsyncIterator[Hold]:
    """Hold the server's clock until the test ends; async, to let go in the context that held."""
    yield clock.hold
    clock.hold(None)


async def shipped(desk: Desk, hub: str, name: str) -> str:
    told = (await desk.ask("GET", f"hubs/{hub}/filters")).json()["filters"]
    [found] = [each["id"] for each in told if each["name"] == name]
    return str(found)


async def test_web_orders_today_are_right_on_both_sides_of_midnight(
    studio: Studio, desk: Desk, hold: Hold
) -> None:
    midnight = datetime.combine(
        (datetime.now(DENVER) + timedelta(days=1)).date(), datetime.min.time(), DENVER
    )
    today, tomorrow = str(midnight.date() - timedelta(days=1)), str(midnight.date())
    of_today = await invoiced(studio, web_order_number="W-1", invoice_date=today)
    of_tomorrow = await invoiced(studio, web_order_number="W-2", invoice_date=tomorrow)
    await invoiced(studio, web_order_number=None, invoice_date=today)
    web_orders = await shipped(desk, "invoices", "Web Orders Today")
    hold((midnight - timedelta(seconds=1)).astimezone(UTC))
    desk = await at_a_desk(studio)
    assert await ids(desk, "invoices", filter_id=web_orders) == [of_today]
    hold(midnight.astimezone(UTC))
    assert await ids(desk, "invoices", filter_id=web_orders) == [of_tomorrow]
    by_address = await desk.ask("GET", f"hubs/invoices?filter_id={web_orders}")
    assert [each["id"] for each in by_address.json()["rows"]] == [of_tomorrow]


async def test_today_is_the_company_s(studio: Studio, desk: Desk) -> None:
    account_id = studio.account.account_id
    zones = ("Pacific/Kiritimati", "Pacific/Midway")
    days = [str(datetime.now(ZoneInfo(zone)).date()) for zone in zones]
    made = [await invoiced(studio, invoice_date=day, web_order_number=f"W-{day}") for day in days]
    for zone, invoice in zip(zones, made, strict=True):
        async with studio.database.writing(account_id) as session:
            await change_account(session, Principal.system(account_id), time_zone=zone)
        assert await ids(desk, "invoices", filter=leaf("invoice_date", "equals", TODAY)) == [invoice]


async def test_expired_galleries_that_are_still_open_are_found(studio: Studio, has: Has, desk: Desk) -> None:
    client = (await has("clients"))["id"]
    today = datetime.now(DENVER).date()
    made = {}
    for day, state in ((0, "expired"), (-1, "expired"), (1, "online"), (-9, "taken_down")):
        session = await has("sessions", client_id=client)
        expires = str(today + timedelta(days=day))
        await set_by_server(studio, "sessions", session, web_expire_date=expires, gallery_state=state)
        made[day] = session["id"]
    found = await ids(
        desk, "sessions", filter_id=await shipped(desk, "sessions", "Expired Galleries Still Open")
    )
    assert sorted(found) == sorted([made[0], made[-1]])


@pytest.mark.parametrize(
    ("relative", "first", "last"),
    [
        ({"relative": "today"}, "2026-03-01", "2026-03-01"),
        ({"relative": "yesterday"}, "2026-02-28", "2026-02-28"),
        ({"relative": "tomorrow"}, "2026-03-02", "2026-03-02"),
        ({"relative": "this_week"}, "2026-03-01", "2026-03-07"),
        ({"relative": "last_week"}, "2026-02-22", "2026-02-28"),
        ({"relative": "next_week"}, "2026-03-08", "2026-03-14"),
        ({"relative": "this_month"}, "2026-03-01", "2026-03-31"),
        ({"relative": "last_month"}, "2026-02-01", "2026-02-28"),
        ({"relative": "next_month"}, "2026-04-01", "2026-04-30"),
        ({"relative": "this_year"}, "2026-01-01", "2026-12-31"),
        ({"relative": "last_year"}, "2025-01-01", "2025-12-31"),
        ({"relative": "last_days", "n": 7}, "2026-02-23", "2026-03-01"),
        ({"relative": "next_days", "n": 1}, "2026-03-01", "2026-03-01"),
        ({"relative": "next_days", "n": 31}, "2026-03-01", "2026-03-31"),
    ],
)
async def test_days_told_by_today_are_these(
    *, studio: Studio, has: Has, hold: Hold, relative: Json, first: str, last: str
) -> None:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    around = [begin - timedelta(days=1), begin, end, end + timedelta(days=1)]
    for day in sorted(set(around)):
        await has("clients", birthday=str(day))
    # A Sunday, with which weeks begin where nothing else is said.
    hold(datetime(2026, 3, 1, 19, tzinfo=UTC))
    desk = await at_a_desk(studio)
    tests = {"equals": around[1:3], "less": around[:1], "greater": around[3:]}
    for operator, expected in tests.items():
        found = await rows(
            desk,
            "clients",
            sort="birthday",
            columns=["birthday"],
            filter=leaf("birthday", operator, relative),
        )
        assert [each["birthday"] for each in found] == sorted({str(day) for day in expected})


async def test_an_instant_is_held_against_the_company_s_day(has: Has, desk: Desk) -> None:
    made = await has("clients")
    day = datetime.fromisoformat(made["created_at"]).astimezone(DENVER).date()
    for value in (str(day), made["created_at"]):
        between = [value, value]
        assert await ids(desk, "clients", filter=leaf("created_at", "between", between)) == [made["id"]]
    for off in (-1, 1):
        assert (
            await ids(desk, "clients", filter=leaf("created_at", "equals", str(day + timedelta(off)))) == []
        )
    later = str(day - timedelta(days=1))
    assert await ids(desk, "clients", filter=leaf("created_at", "greater", later)) == [made["id"]]


NAMES = [None, "", "Doe", "doe", "Roe-Doe", "100%", "a_b", "O'Hara", "Ünal", "\\"]
YEARS = [None, 1999, 2026, 2027]
DAYS = [None, "1984-06-21", "1990-01-01", "2026-02-28"]
TYPES = ["consumer", "business"]
_LEAVES: dict[str, tuple[list[str], list[Any]]] = {
    "last_name": (["equals", "not", "contains", "starts", "in", "blank"], NAMES),
    "referred_by.last_name": (["equals", "not", "contains", "blank"], NAMES),
    "custom.text_1": (["equals", "not", "starts", "in", "blank"], NAMES),
    "client_type": (["equals", "not", "in", "blank"], TYPES),
    "graduation_year": (["equals", "not", "greater", "less", "between", "in", "blank"], YEARS),
    "birthday": (["equals", "not", "greater", "less", "between", "blank"], DAYS),
    "custom.date_1": (["equals", "not", "greater", "less", "between", "blank"], DAYS),
    "phones": (["blank"], [None]),
    "group_ids": (["contains", "in", "blank"], ["group"]),
}


def a_filter(dice: Random, groups: list[str], depth: int = 0) -> Json:
    """Make up a filter."""
    if depth < 3 and dice.random() < 0.5:
        some = [a_filter(dice, groups, depth + 1) for _ in range(dice.randint(0 if depth else 1, 3))]
        return {dice.choice(["all", "any"]): some}
    path = dice.choice(list(_LEAVES))
    operators, values = _LEAVES[path]
    operator = dice.choice(operators)
    known = groups if path == "group_ids" else [value for value in values if value is not None]
    if operator == "blank":
        return leaf(path, operator, dice.random() < 0.5)
    if operator == "in":
        return leaf(path, operator, dice.choices(known, k=dice.randint(1, 3)))
    if operator == "between":
        return leaf(path, operator, sorted(dice.choices(known, k=2)))
    pieces = [value for value in known if value] if operator in ("contains", "starts") else known
    return leaf(path, operator, dice.choice(pieces))


def meets(record: Json, told: Json) -> bool:  # noqa: C901, PLR0911, PLR0912 - plainly
    """Say whether a record, with what it links to in its place, meets a filter: plainly."""
    if "all" in told:
        return all(meets(record, each) for each in told["all"])
    if "any" in told:
        return any(meets(record, each) for each in told["any"])
    held: Any = record
    for name in told["field"].split("."):
        held = (held or {}).get(name)
    value, operator = told["value"], told["is"]
    if operator == "blank":
        return (held in (None, "", [])) is value
    if operator == "not":
        return bool(held != value)
    if held is None:
        return False
    if isinstance(held, list):
        return value in held if operator == "contains" else bool(set(held) & set(value))
    match operator:
        case "equals":
            is_met = held == value
        case "in":
            is_met = held in value
        case "contains":
            is_met = value.lower() in held.lower()
        case "starts":
            is_met = held.lower().startswith(value.lower())
        case "greater":
            is_met = held > value
        case "less":
            is_met = held < value
        case _:
            is_met = value[0] <= held <= value[1]
    return bool(is_met)


async def test_a_filter_finds_what_plain_python_finds(has: Has, desk: Desk) -> None:
    dice = Random(7)  # noqa: S311 - a repeatable run
    groups = [(await has("client_groups"))["id"] for _ in range(2)]
    clients: list[Json] = []
    for nth in range(30):
        custom = {"text_1": dice.choice(NAMES), "date_1": dice.choice(DAYS)}
        made = {
            "last_name": dice.choice(NAMES),
            "client_type": dice.choice(TYPES),
            "graduation_year": dice.choice(YEARS),
            "birthday": dice.choice(DAYS),
            "custom": dice.choice([None, custom, custom]),
            "group_ids": dice.sample(groups, dice.randint(0, 2)),
            "referred_by_id": dice.choice([None, *(each["id"] for each in clients)]),
        }
        clients.append(await has("clients", **made, **({"phones": []} if nth % 3 else {})))
    by_id = {each["id"]: each for each in clients}
    whole = [{**each, "referred_by": by_id.get(each["referred_by_id"])} for each in clients]
    told_apart = 0
    for _ in range(200):
        told = a_filter(dice, groups)
        expected = {each["id"] for each in whole if meets(each, told)}
        assert set(await ids(desk, "clients", filter=told)) == expected, told
        told_apart += 0 < len(expected) < len(whole)
    assert told_apart > 100


WRONG: list[tuple[Json, str, str]] = [
    ({}, "filter", "one_of_all_any_field"),
    ({"all": [], "any": []}, "filter", "one_of_all_any_field"),
    ({"all": [], "is": "equals"}, "filter", "one_of_all_any_field"),
    ({"any": [{"all": [leaf("hair", "blank")]}]}, "filter.any.0.all.0.field", "unknown_field"),
    (leaf("date'; DROP TABLE sessions; --", "blank"), "filter.field", "unknown_field"),
    ({"all": [leaf("date", "contains", "x")]}, "filter.all.0.is", "operator_does_not_fit"),
    ({"field": "date"}, "filter.is", "operator_expected"),
    (leaf("is_confirmed", "greater", True), "filter.is", "operator_does_not_fit"),
    (leaf("events", "equals", []), "filter.is", "operator_does_not_fit"),
    (leaf("date", "equals", "2026-02-30"), "filter.value", "date_expected"),
    (leaf("date", "equals", 5), "filter.value", "date_expected"),
    (leaf("date", "equals", None), "filter.value", "date_expected"),
    (leaf("created_at", "equals", None), "filter.value", "date_or_instant_expected"),
    (leaf("start_time", "equals", 5), "filter.value", "time_expected"),
    (leaf("client_id", "equals", 5), "filter.value", "id_expected"),
    (leaf("date", "equals", "0001-01-01"), "filter.value", "out_of_range"),
    (leaf("date", "equals", "9999-12-31"), "filter.value", "out_of_range"),
    (leaf("date", "between", ["2026-01-01", "3000-01-01"]), "filter.value.1", "out_of_range"),
    (leaf("date", "between", ["2026-01-02", "2026-01-01"]), "filter.value", "wrong_way_round"),
    (leaf("date", "between", ["2026-01-02"]), "filter.value", "wrong_number_of_values"),
    (leaf("date", "equals", {"relative": "someday"}), "filter.value.relative", "unknown_word"),
    (leaf("date", "equals", {"relative": "last_days"}), "filter.value.n", "n_expected"),
    (leaf("date", "equals", {"relative": "last_days", "n": 10**9}), "filter.value.n", "out_of_range"),
    (leaf("date", "equals", {"relative": "today", "n": 1}), "filter.value.n", "n_not_expected"),
    (leaf("date", "equals", {"relative": "today", "of": 1}), "filter.value", "extra_forbidden"),
    (
        leaf("date", "between", ["2026-01-01", {"relative": "someday"}]),
        "filter.value.1.relative",
        "unknown_word",
    ),
    (leaf("created_at", "less", "2026-01-01T10:00:00"), "filter.value", "date_or_instant_expected"),
    (leaf("created_at", "less", "0001-01-01T00:00:00+14:00"), "filter.value", "out_of_range"),
    (leaf("start_time", "less", "25:00"), "filter.value", "time_expected"),
    (leaf("start_time", "less", "10:00Z"), "filter.value", "time_expected"),
    (leaf("gallery_state", "equals", "ajar"), "filter.value", "not_a_choice"),
    (leaf("gallery_state", "in", ["online", "ajar"]), "filter.value.1", "not_a_choice"),
    (leaf("gallery_images", "equals", "3"), "filter.value", "integer_expected"),
    (leaf("gallery_images", "equals", True), "filter.value", "integer_expected"),
    (leaf("gallery_images", "equals", 1.5), "filter.value", "integer_expected"),
    (leaf("client_id", "equals", "me"), "filter.value", "id_expected"),
    (leaf("is_confirmed", "equals", "yes"), "filter.value", "boolean_expected"),
    (leaf("date", "blank", "yes"), "filter.value", "boolean_expected"),
    (leaf("description", "in", []), "filter.value", "wrong_number_of_values"),
    (leaf("description", "in", "x"), "filter.value", "list_expected"),
    (leaf("description", "contains", ""), "filter.value", "empty"),
    (leaf("description", "equals", "x" * 1_001), "filter.value", "too_long"),
    (leaf("description", "equals", None), "filter.value", "text_expected"),
    ({"any": [leaf("date", "blank")] * 101}, "filter.any.100.field", "too_many_tests"),
    ({"any": [{"all": []}] * 100}, "filter.any.99", "too_many_groups"),
]
"""Filters, and where each of them is wrong, by which code."""


async def test_a_filter_that_cannot_be_carried_out_is_told_where(desk: Desk) -> None:
    for told, path, code in WRONG:
        refused = wrong(await ask(desk, "sessions", filter=told))
        assert refused in ([(path, code)], [(path.removesuffix(".field"), code)]), told


@pytest.mark.parametrize("depth", [11, 14, 100])
async def test_a_filter_that_lies_too_deep_is_refused(desk: Desk, depth: int) -> None:
    told: Json = leaf("date", "blank")
    for _ in range(depth):
        told = {"all": [told]}
    refused = await ask(desk, "sessions", filter=told)
    if depth < 100:
        assert wrong(refused) == [("filter" + ".all.0" * 10, "too_deep")]
    else:
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_json")
        assert refused.json()["reason"] == "too_deep"


async def test_one_that_lies_deeper_than_any_reader_goes_is_refused_as_too_deep(desk: Desk) -> None:
    content = '{"filter":' + '{"all":[' * 5_000 + "]}" * 5_000 + "}"
    headers = {**desk.headers, "Content-Type": "application/json"}
    refused = await desk.client.post("/v1/hubs/sessions/query", content=content, headers=headers)
    assert (refused.json()["code"], refused.json()["reason"]) == ("invalid_json", "too_deep")


async def test_ten_groups_deep_is_not_too_deep(has: Has, desk: Desk) -> None:
    session = await has("sessions", client_id=(await has("clients"))["id"])
    told: Json = leaf("date", "blank", value=False)
    for nth in range(10):
        told = {("all", "any")[nth % 2]: [told]}
    assert await ids(desk, "sessions", filter=told) == [session["id"]]


async def test_as_much_is_taken_as_the_limits_say(desk: Desk) -> None:
    limits = (await desk.ask("GET", "limits")).json()["hubs"]
    paths = [each["path"] for each in (await desk.ask("GET", "desk/fields/sessions")).json()["fields"]]

    def nested(depth: int) -> Json:
        return {"all": [nested(depth - 1)]} if depth else leaf("date", "blank")

    asked: dict[str, Callable[[int], Json]] = {
        "max_rows": lambda most: {"limit": most},
        "max_columns": lambda most: {"columns": paths[:most]},
        "max_search_words": lambda most: {"search": "a " * most},
        "max_filter_depth": lambda most: {"filter": nested(most)},
        "max_filter_tests": lambda most: {"filter": {"any": [leaf("date", "blank")] * most}},
        "max_filter_groups": lambda most: {"filter": {"any": [{"all": []}] * (most - 1)}},
        "max_filter_values": lambda most: {"filter": leaf("description", "in", ["x"] * most)},
        "max_days": lambda most: {"filter": leaf("date", "equals", {"relative": "last_days", "n": most})},
    }
    for name, of in asked.items():
        taken, refused = [await ask(desk, "sessions", **of(limits[name] + more)) for more in (0, 1)]
        assert (taken.status_code, refused.status_code) == (200, 422), name


async def test_an_unknown_operator_is_told_where(desk: Desk) -> None:
    refused = await ask(desk, "sessions", filter={"all": [leaf("date", "resembles", "x")]})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert refused.json()["fields"] == [{"path": "body.filter.all.0.is", "code": "enum"}]


async def test_all_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    told = {"all": [leaf("hair", "blank"), {"any": [leaf("date", "equals", "never")]}]}
    assert wrong(await ask(desk, "sessions", filter=told)) == [
        ("filter.all.0.field", "unknown_field"),
        ("filter.all.1.any.0.value", "date_expected"),
    ]
