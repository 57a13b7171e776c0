"""Galleries expire by themselves when their day begins where the company is, and every phone hears of it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from app.galleries.lifecycle import jobs
from tests.accounts.studios import enter
from tests.galleries.lifecycle.conftest import Site, at

Hold = Callable[[datetime | None], None]
BEFORE, MIDNIGHT = at("2026-05-31T03:59:59+00:00"), at("2026-05-31T04:00:00+00:00")


@pytest.fixture
async def site(site: Site) -> Site:
    """Have the account be found by the rounds."""
    await enter(site.company.desk.database, site.company.desk.account_id)
    return site


async def _due(site: Site) -> datetime | None:
    sql = "SELECT galleries_due_at FROM account_directory WHERE account_id = $1"
    [row] = await site.execute(sql)
    due: datetime | None = row["galleries_due_at"]
    return due


async def test_galleries_expire_at_midnight_where_the_company_is(site: Site, held: Hold) -> None:
    session, later, lasting = [await site.session(1) for _ in range(3)]
    await site.done("publish_gallery", session)
    await site.done("publish_gallery", later, web_expire_date="2026-07-01")
    await site.done("publish_gallery", lasting)
    await site.done("extend_gallery", lasting, web_expire_date="2999-12-31")
    database = site.company.desk.database
    assert await _due(site) == MIDNIGHT
    held(BEFORE)
    await jobs.expire_all(database)
    assert (await site.company.pulled("sessions", session))["gallery_state"] == "online"
    held(MIDNIGHT)
    await jobs.expire_all(database)
    over = await site.company.pulled("sessions", session)
    assert (over["gallery_state"], over["gallery_images"]) == ("expired", 1)
    assert over["status_notes"].startswith("2026-05-31 00:00 SPSA Gallery expired\n")
    assert (await site.company.pulled("sessions", later))["gallery_state"] == "online"
    assert await _due(site) == at("2026-07-01T04:00:00+00:00")
    await jobs.expire_all(database)
    assert (await site.company.pulled("sessions", session))["revision"] == over["revision"]


async def test_where_the_company_moves_its_days_begin_at_another_hour(site: Site, held: Hold) -> None:
    session = await site.session(1)
    await site.done("publish_gallery", session)
    held(at("2026-05-30T20:00:00+00:00"))
    await site.company.settles(time_zone="Asia/Karachi")
    await jobs.expire_all(site.company.desk.database)
    assert (await site.company.pulled("sessions", session))["gallery_state"] == "expired"
    await site.company.settles(time_zone="America/New_York")
    await jobs.expire_all(site.company.desk.database)
    assert (await site.company.pulled("sessions", session))["gallery_state"] == "online"
    assert await _due(site) == MIDNIGHT
