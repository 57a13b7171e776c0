"""A finance snapshot tells what invoices, payments and sessions come to, to the cent and on every day."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core import arrays
from app.core.beat import UnfinishedError
from app.core.principal import Level
from app.studio.finances import days, jobs, upkeep
from app.studio.finances.figures import average_of, end_of_day, window, zone_of
from app.studio.finances.keeping import snapshot_id
from app.sync import upkeep as feed_upkeep
from app.sync.feed import move_scope
from tests.accounts.studios import enter
from tests.samples import named, sample
from tests.studio.conftest import Company, create, patch
from tests.studio.ledgers import Chance, Fields, Ledger, invoice, payment, session
from tests.studio.test_statements import asked
from tests.sync.conftest import Desk, Phone, open_desk
from tests.sync.test_plans import plan

Hold = Callable[[datetime | None], None]
NOON = datetime(2026, 5, 6, 16, tzinfo=UTC)
"""A Wednesday, at noon in New York."""
TODAY = date(2026, 5, 6)
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
async def company(company: Company, held: Hold) -> Company:
    """Open on a Wednesday, in the midst of a week and of a month."""
    held(NOON)
    await turn(company)
    return company


async def snapshot(company: Company, site: UUID | None = None) -> Fields:
    """Return a snapshot as the administrator's phone has it after a pull."""
    return await company.pulled("finance_snapshots", snapshot_id(site or company.desk.account_id))


async def studio_of(company: Company, number: int = 1, **fields: Any) -> UUID:
    studio = await company.has("studios", **sample("studios", studio_number=number, **fields))
    return UUID(studio)


async def sells(company: Company, *bills: Fields) -> list[UUID]:
    """Have the server write invoices."""
    return [UUID(await company.has("invoices", **each)) for each in bills]


async def agrees(company: Company) -> None:
    """Check that what is kept is what the records come to."""
    assert not await upkeep.verify(company.desk.database, company.desk.who)


async def turn(company: Company) -> int:
    return await upkeep.turn(company.desk.database, company.desk.who)


@pytest.mark.parametrize("seed", range(12))
async def test_figures_are_those_of_all_records_whatever_was_written_and_however_days_pass(
    company: Company, held: Hold, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    now = datetime(2026, dice.choice((1, 5, 12)), dice.choice((1, 6, 30)), 16, tzinfo=UTC)
    held(now)
    here = await studio_of(company, 1, time_zone="America/Los_Angeles")
    there = await studio_of(company, 2, time_zone="Pacific/Auckland")
    desk, home = company.desk, company.desk.account_id
    zones = {home: "America/New_York", here: "America/Los_Angeles", there: "Pacific/Auckland"}
    ledger, bill = Ledger(desk, zones), uuid4()
    await ledger.write(("invoices", bill, {**invoice(4200, now.date()), "studio_id": None}))
    chance = Chance(dice, ledger, company.client_id, str(bill))
    await turn(company)
    for _ in range(25):
        await ledger.write(*chance.writes(now.date()))
        if dice.random() < 0.1:
            ledger.first_weekday = dice.choice(("sunday", "monday", "saturday"))
            await company.settles(first_weekday=ledger.first_weekday)
        if dice.random() < 0.1:
            zones[here] = dice.choice(("America/Los_Angeles", "Asia/Kolkata", "UTC"))
            await company.changes("studios", str(here), time_zone=zones[here])
        if dice.random() < 0.4:
            now += timedelta(hours=dice.choice((1, 7, 24, 24 * 8, 24 * 40)))
            held(now)
            if dice.random() < 0.5:
                await ledger.write(*chance.writes(now.date()))
            await turn(company)
        await company.phone.pull()
        for site in zones:
            told = company.phone.records["finance_snapshots", str(snapshot_id(site))]
            assert ledger.figures(site, now).items() <= told.items()
        await agrees(company)
    assert not await feed_upkeep.verify(desk.database, desk.who)


async def test_a_company_is_told_of_today_this_week_this_month_and_this_year(company: Company) -> None:
    days_back = {"sales": 0, "earlier this week": 2, "this month": 5, "this year": 100, "last year": 200}
    await sells(company, *(invoice(1000, TODAY - timedelta(days=each)) for each in days_back.values()))
    told = await snapshot(company)
    assert [told[each]["sales"] for each in ("today", "week", "month", "year")] == [1000, 2000, 3000, 4000]
    assert told["studio_id"] is None
    assert told["day"] == str(TODAY)
    assert (told["week"]["first_day"], told["week"]["last_day"]) == ("2026-05-03", "2026-05-09")


async def test_a_week_begins_as_the_company_says(company: Company) -> None:
    await sells(company, invoice(1000, date(2026, 5, 3)), invoice(200, date(2026, 5, 4)))
    assert (await snapshot(company))["week"]["sales"] == 1200
    await company.settles(first_weekday="monday")
    told = (await snapshot(company))["week"]
    assert (told["sales"], told["first_day"]) == (200, "2026-05-04")


async def test_credit_memos_subtract_estimates_do_not_count_and_an_average_is_rounded(
    company: Company,
) -> None:
    assert (await snapshot(company))["today"]["average_sale"] is None
    await sells(
        company,
        invoice(1000, TODAY),
        invoice(1001, TODAY),
        invoice(-500, TODAY, invoice_type="credit_memo"),
        invoice(99_999, TODAY, invoice_type="estimate"),
    )
    told = (await snapshot(company))["today"]
    assert (told["sales"], told["sales_count"], told["average_sale"]) == (1501, 2, 751)


def test_an_average_is_rounded_half_up_and_of_nothing_there_is_none() -> None:
    found = [average_of(*each) for each in ((1, 2), (-1, 2), (5, 3), (7, 2), (0, 1), (5, 0))]
    assert found == [1, -1, 2, 4, 0, None]


async def test_money_that_changed_hands_counts_and_nothing_that_was_declined_or_voided(
    company: Company,
) -> None:
    bill = str((await sells(company, invoice(10_000, TODAY)))[0])
    for made in (
        payment(5000, TODAY, invoice_id=bill),
        payment(300, TODAY, invoice_id=bill, state="refunded"),
        payment(-200, TODAY, invoice_id=bill),
        payment(9000, TODAY, invoice_id=bill, state="declined"),
        payment(9000, TODAY, invoice_id=bill, state="voided"),
        payment(9000, TODAY, invoice_id=bill, state="processing"),
        payment(700, None, due=TODAY + timedelta(days=30), invoice_id=bill),
        payment(40, TODAY),
    ):
        await company.has("payments", **made)
    told = await snapshot(company)
    assert (told["today"]["payments"], told["today"]["refunds"]) == (5340, 200)
    assert (told["pending_payments"], told["unapplied_deposits"]) == (700, 40)


async def test_what_is_due_today_is_overdue_tomorrow_and_until_it_is_paid(
    company: Company, held: Hold
) -> None:
    bill, _ = await sells(company, invoice(1000, TODAY, due=TODAY), invoice(50, TODAY))
    told = await snapshot(company)
    assert (told["open_balance"], told["overdue_balance"]) == (1050, 0)
    held(TOMORROW)
    assert await turn(company) == 1
    told = await snapshot(company)
    assert (told["open_balance"], told["overdue_balance"]) == (1050, 1000)
    await company.changes("invoices", str(bill), paid=400, balance_due=600)
    assert (await snapshot(company))["overdue_balance"] == 600


async def test_sessions_are_held_up_to_the_day_and_booked_for_the_whole_week(company: Company) -> None:
    client = company.client_id
    for day, flags in (
        (TODAY, {}),
        (TODAY + timedelta(days=2), {}),
        (TODAY + timedelta(days=20), {}),
        (TODAY, {"is_cancelled": True}),
        (TODAY, {"is_on_hold": True}),
        (None, {}),
    ):
        await company.has("sessions", **session(client, day, **flags))
    told = await snapshot(company)
    counted = [
        (told[each]["sessions_held"], told[each]["sessions_booked"])
        for each in ("today", "week", "month", "year")
    ]
    assert counted == [(1, 1), (1, 2), (1, 3), (1, 3)]


async def test_a_booking_from_a_phone_counts_with_its_push_and_no_more_when_cancelled(
    company: Company,
) -> None:
    booking = uuid4()
    made = create("sessions", booking, client_id=company.client_id, date=str(TODAY))
    await company.must_push(made)
    assert (await snapshot(company))["today"]["sessions_booked"] == 1
    await company.must_push(patch("sessions", booking, is_cancelled=True))
    assert (await snapshot(company))["today"]["sessions_booked"] == 0


async def test_what_was_refused_does_not_count(company: Company) -> None:
    booking = {"client_id": company.client_id, "date": str(TODAY)}
    wrong = create("sessions", **{**booking, "client_id": str(uuid4())})
    results = await company.push({**create("sessions", **booking), "group": "one"}, {**wrong, "group": "one"})
    assert "applied" not in {each["verdict"] for each in results}
    assert (await snapshot(company))["today"]["sessions_booked"] == 0
    await agrees(company)


async def test_each_studio_has_its_own_figures_and_what_names_none_is_apart(company: Company) -> None:
    here, there = await studio_of(company, 1), await studio_of(company, 2)
    await sells(
        company,
        invoice(100, TODAY, studio_id=str(here)),
        invoice(20, TODAY, studio_id=str(there)),
        invoice(3, TODAY),
    )
    await company.phone.pull()
    told = {each["studio_id"]: each["today"]["sales"] for each in await company.held("finance_snapshots")}
    assert told == {str(here): 100, str(there): 20, None: 3}
    [moved] = await sells(company, invoice(5000, TODAY, studio_id=str(here)))
    await company.changes("invoices", str(moved), studio_id=str(there))
    told = {each["studio_id"]: each["today"]["sales"] for each in await company.held("finance_snapshots")}
    assert told == {str(here): 100, str(there): 5020, None: 3}


async def test_a_phone_bound_to_a_studio_goes_without_the_figures_of_another(company: Company) -> None:
    here, there = await studio_of(company, 1), await studio_of(company, 2)
    phone = Phone(company.phone.database, replace(company.phone.who, studio_id=here))
    await phone.pull()
    told = {record["studio_id"] for (name, _), record in phone.records.items() if name == "finance_snapshots"}
    assert told == {str(here), None}
    assert str(there) not in told


async def test_a_studio_that_goes_takes_its_figures_along(company: Company) -> None:
    gone = await studio_of(company)
    assert (await snapshot(company, gone))["studio_id"] == str(gone)
    await company.desk.delete("studios", gone)
    assert [each["studio_id"] for each in await company.held("finance_snapshots")] == [None]
    await agrees(company)


async def test_only_who_may_view_figures_gets_them_and_who_may_no_more_loses_them(company: Company) -> None:
    desk, figures = company.desk, str(snapshot_id(company.desk.account_id))
    who = replace(company.phone.who, is_administrator=False, user_id=uuid4())
    someone = Phone(desk.database, replace(who, levels={}))

    async def may(level: Level) -> dict[str, Any]:
        someone.who = replace(who, levels={"finance_snapshots": level})
        async with desk.database.writing(desk.account_id) as writing:
            await move_scope(writing)
        [page] = await someone.pull()
        found: dict[str, Any] = page["changes"].get("finance_snapshots", {})
        return found

    await someone.pull()
    assert not [name for name, _ in someone.records if name == "finance_snapshots"]
    assert [each["id"] for each in (await may(Level.VIEW_ONLY))["put"]] == [figures]
    assert (await may(Level.NO_ACCESS))["evict"] == [figures]


async def test_a_new_day_begins_where_the_studio_is(company: Company, held: Hold) -> None:
    far = await studio_of(company, time_zone="Pacific/Auckland")
    lost = await studio_of(company, 2, time_zone="Mars/Olympus")
    assert (await snapshot(company, far))["day"] == "2026-05-07"
    assert (await snapshot(company, lost))["day"] == "2026-05-06"
    held(datetime(2026, 5, 6, 12, 30, tzinfo=UTC) + timedelta(days=1))
    assert await turn(company) == 3
    assert (await snapshot(company, far))["day"] == "2026-05-08"
    await company.changes("studios", str(far), time_zone="America/New_York")
    assert (await snapshot(company, far))["day"] == "2026-05-07"


def test_a_day_ends_when_the_next_begins_though_clocks_are_changed() -> None:
    company = {"time_zone": "America/New_York"}
    for day, hours in ((date(2026, 3, 7), 5), (date(2026, 3, 8), 4), (date(2026, 11, 1), 5)):
        ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=hours)
        assert end_of_day(day, zone_of(company, None)) == ends


def test_weeks_months_and_years_are_whole() -> None:
    found = window(UUID(int=1), date(2028, 2, 29), "monday")
    assert (found.week_first, found.week_last) == (date(2028, 2, 28), date(2028, 3, 5))
    assert (found.month_first, found.month_last) == (date(2028, 2, 1), date(2028, 2, 29))
    assert window(UUID(int=1), date(2026, 1, 1), "sunday").week_first == date(2025, 12, 28)


async def test_a_phone_that_was_offline_sees_of_which_day_its_figures_are(
    company: Company, held: Hold
) -> None:
    await sells(company, invoice(1000, TODAY))
    before = await snapshot(company)
    held(TOMORROW)
    kept = company.phone.records["finance_snapshots", str(snapshot_id(company.desk.account_id))]
    assert (kept["day"], kept["as_of"][:10]) == ("2026-05-06", "2026-05-06")
    await turn(company)
    after = await snapshot(company)
    assert (after["day"], after["today"]["sales"], after["year"]["sales"]) == ("2026-05-07", 0, 1000)
    assert after["as_of"] > before["as_of"]


async def test_a_day_is_turned_once(company: Company, held: Hold) -> None:
    held(TOMORROW)
    assert await turn(company) == 1
    revision = (await company.phone.pull())[-1]["revision"]
    assert await turn(company) == 0
    assert (await company.phone.pull())[-1]["revision"] == revision


async def test_only_accounts_whose_day_has_ended_are_turned(company: Company, held: Hold) -> None:
    other = await open_desk(company.desk.database)
    for desk, zone in ((company.desk, "America/New_York"), (other, "Asia/Karachi")):
        await enter(desk.database, desk.account_id)
        about = {"company_name": "Harbor", "edition": "professional", "country": "US", "currency": "USD"}
        await desk.put("companies", desk.account_id, **about, time_zone=zone, first_weekday="sunday")
        await desk.put("companies", desk.account_id, first_weekday="monday")
    held(datetime(2026, 5, 6, 20, tzinfo=UTC))
    began = [await revision_of(each) for each in (company.desk, other)]
    await jobs.turn_all(company.desk.database)
    assert [await revision_of(each) for each in (company.desk, other)] == [began[0], began[1] + 1]
    held(TOMORROW)
    await jobs.turn_all(company.desk.database)
    assert (await snapshot(company))["day"] == "2026-05-07"


async def test_an_account_that_fails_holds_up_no_other(
    company: Company, held: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(company.desk.database, company.desk.account_id)
    await company.settles(first_weekday="monday")
    other = await open_desk(company.desk.database)
    await enter(other.database, other.account_id)
    async with other.database.writing(other.account_id) as writing:
        sql = "UPDATE account_directory SET day_ends_at = '2020-01-01' WHERE account_id = $1"
        await writing.raw.execute(sql, other.account_id)
    usual = upkeep.turn

    async def failing(database: Any, who: Any) -> int:
        if who.account_id == other.account_id:
            raise OSError
        return await usual(database, who)

    monkeypatch.setattr(jobs, "turn", failing)
    held(TOMORROW)
    with pytest.raises(UnfinishedError):
        await jobs.turn_all(company.desk.database)
    assert (await snapshot(company))["day"] == "2026-05-07"
    monkeypatch.undo()
    await jobs.turn_all(company.desk.database)


async def test_an_account_from_before_is_counted_by_the_next_round(company: Company) -> None:
    bill = invoice(1000, TODAY, due=TODAY - timedelta(days=1))
    await sells(company, bill)
    desk, number = company.desk, named("finance_snapshots").number
    async with desk.database.writing(desk.account_id) as writing:
        for sql in (
            "DELETE FROM finance_days WHERE account_id = $1",
            "DELETE FROM finance_snapshots WHERE account_id = $1",
            f"DELETE FROM feed WHERE account_id = $1 AND collection = {number}",
        ):
            await writing.raw.execute(sql, desk.account_id)
    await sells(company, bill)
    fresh = Phone(company.phone.database, company.phone.who)
    await fresh.pull()
    assert not [name for name, _ in fresh.records if name == "finance_snapshots"]
    assert await turn(company) == 1
    await fresh.pull()
    told = fresh.records["finance_snapshots", str(snapshot_id(desk.account_id))]
    assert (told["today"]["sales"], told["overdue_balance"]) == (2000, 2000)
    await agrees(company)


async def test_sums_that_are_wrong_are_found_and_counted_anew(company: Company) -> None:
    await sells(company, invoice(1000, TODAY))
    desk = company.desk
    async with desk.database.writing(desk.account_id) as writing:
        sql = "UPDATE finance_days SET sales = sales + 7 WHERE account_id = $1 AND sales <> 0"
        await writing.raw.execute(sql, desk.account_id)
    await sells(company, invoice(500, TODAY))
    assert (await snapshot(company))["today"]["sales"] == 1507
    assert (await upkeep.verify(desk.database, desk.who)).days == 1
    assert await upkeep.rebuild(desk.database, desk.who) == upkeep.Found(days=1, snapshots=1)
    assert (await snapshot(company))["today"]["sales"] == 1500
    await agrees(company)


async def test_a_feed_that_is_mended_moves_no_figures(company: Company) -> None:
    [bill] = await sells(company, invoice(1000, TODAY))
    desk = company.desk
    async with desk.database.writing(desk.account_id) as writing:
        sql = "DELETE FROM feed WHERE account_id = $1 AND record_id = $2"
        await writing.raw.execute(sql, desk.account_id, bill)
    assert (await feed_upkeep.rebuild(desk.database, desk.who)).records == 1
    assert (await snapshot(company))["today"]["sales"] == 1000
    await agrees(company)


async def test_a_push_without_money_or_sessions_asks_nothing_of_figures(company: Company) -> None:
    seen = await asked(company, *(create("clients", last_name=f"Client {uuid4()}") for _ in range(5)))
    assert not [each for each in seen if "finance" in each]


@pytest.mark.parametrize("many", [1, 50])
async def test_a_push_of_sessions_asks_three_statements_more_however_many_they_are(
    company: Company, many: int
) -> None:
    days_of = [str(TODAY + timedelta(days=each)) for each in range(many)]
    bookings = [create("sessions", client_id=company.client_id, date=each) for each in days_of]
    seen = await asked(company, *bookings)
    assert len([each for each in seen if "finance_" in each]) == 2
    noted = [patch("sessions", each["id"], notes="Bring the blue blanket") for each in bookings]
    assert not [each for each in await asked(company, *noted) if "finance_" in each]


async def test_figures_are_told_by_index_however_many_years_there_are(
    company: Company, owner_url: str
) -> None:
    desk = company.desk
    fill = """
        INSERT INTO finance_days (account_id, site_id, day, sales, owed)
        SELECT $1, md5((n % 20)::text)::uuid, date '2016-01-01' + n / 20, 100, (n % 997 = 0)::int * 50
        FROM generate_series(1, 70000) AS n
    """
    async with desk.database.writing(desk.account_id) as writing:
        await writing.raw.execute(fill, desk.account_id)
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain)
    await owner.execute("VACUUM ANALYZE finance_days")
    await owner.close()
    site = window(UUID(hex="cfcd208495d565ef66e7dff9f98764da"), TODAY, "sunday")
    async with desk.database.reading(desk.account_id) as reading:
        asked_for = arrays.columns(days._WINDOW, [site])
        scans = await plan(reading, days._TELL, desk.account_id, *asked_for)
    found = [each for each in scans if each.get("Relation Name") == "finance_days"]
    assert {each["Index Name"] for each in found} == {"pk_finance_days", "ix_finance_days_owed"}
    assert sum(each["Actual Rows"] * each["Actual Loops"] for each in found) < 366 + 100


async def revision_of(desk: Desk) -> int:
    async with desk.database.reading(desk.account_id) as reading:
        sql = "SELECT revision FROM account_clock WHERE account_id = $1"
        return int(await reading.raw.fetchval(sql, desk.account_id))
