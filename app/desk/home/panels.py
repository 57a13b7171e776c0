"""What a home page shows: panel by panel, as far as its user may view it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from app.accounts.standing import Work
from app.core.db import Session
from app.desk.calendar.errors import ScheduleTooLarge
from app.desk.calendar.schedule import client_name, read_schedule
from app.desk.calendar.schemas import ScheduleQuery
from app.desk.home import store
from app.desk.home.arranging import PANELS, SHORTCUTS, is_open_to, panels_of, shortcuts_of, views
from app.desk.home.schemas import (
    MOST_LISTED,
    MOST_SHARED,
    AnyPanel,
    DayFigures,
    Figures,
    Galleries,
    GalleryEntry,
    HomeAnswer,
    MessageEntry,
    MessageKind,
    MessagesPanel,
    Panel,
    SchedulePanel,
    ServicesPanel,
    ShortcutOf,
    ShortcutsPanel,
    ShortcutTold,
    SnapshotPanel,
    TargetKind,
    TaskEntry,
    TasksPanel,
    TextsSent,
    Waiting,
    WebOrderEntry,
    WebOrders,
)
from app.desk.home.store import Asker, Page
from app.studio.company_shortcuts import AREAS
from app.sync import registry


async def read_home(work: Work[Session]) -> HomeAnswer:
    """Return the caller's home page; of what it does not show nothing is read."""
    who, today = work.who, work.clock.day_in(work.who.time_zone)
    if who.user_id is None:
        raise TypeError("the house itself has no home page")
    page = await store.page(work.session, who.user_id, MOST_SHARED)
    asker = Asker(
        user_id=who.user_id,
        departments=who.departments,
        today=today,
        sees_private=who.is_administrator,
        sees_clients=views(who, "clients"),
        most=MOST_LISTED,
    )
    shown = (each.panel for each in panels_of(who, page.settings.get(PANELS, ())) if each.is_shown)
    panels = [await _panel(each, work, page, asker) for each in shown]
    return HomeAnswer(date=today, time_zone=who.time_zone, panels=[each for each in panels if each])


async def _panel(panel: Panel, work: Work[Session], page: Page, asker: Asker) -> AnyPanel | None:
    match panel:
        case Panel.SERVICES:
            return await _services(work, page, asker)
        case Panel.TASKS:
            return await _tasks(work, page, asker)
        case Panel.SCHEDULE:
            return await _schedule(work)
        case Panel.SNAPSHOT:
            return await _snapshot(work)
        case Panel.SHORTCUTS:
            return _shortcuts(work, page)
        case Panel.MESSAGES:
            return await _messages(work, page, asker)


async def _services(work: Work[Session], page: Page, asker: Asker) -> ServicesPanel | None:
    galleries = web_orders = texts = None
    if views(work.who, "text_messages") and (sent := await store.texts(work.session)):
        texts = TextsSent(**sent)
    if not page.has_galleries and texts is None:
        return None
    if page.has_galleries and views(work.who, "sessions"):
        rows = await store.galleries(work.session, asker)
        sessions = [GalleryEntry(**each) for each in _listed(rows, page)]
        galleries = Galleries(**_counts(rows, "active", "set_to_expire", "images_hosted"), sessions=sessions)
    if page.has_galleries and views(work.who, "invoices"):
        rows = await store.web_orders(work.session, asker)
        invoices = [WebOrderEntry(**each) for each in _listed(rows, page)]
        counts = _counts(rows, "ready_to_download", "held", "today", "prepaid_to_upload")
        web_orders = WebOrders(**counts, invoices=invoices)
    return ServicesPanel(panel=Panel.SERVICES, galleries=galleries, web_orders=web_orders, texts=texts)


async def _tasks(work: Work[Session], page: Page, asker: Asker) -> TasksPanel:
    rows = await store.tasks(work.session, asker)
    return TasksPanel(
        panel=Panel.TASKS,
        **_counts(rows, "open", "overdue", "due_today", "done_today"),
        tasks=[TaskEntry(**each) for each in _listed(rows, page)],
    )


async def _schedule(work: Work[Session]) -> SchedulePanel | None:
    try:
        found = await read_schedule(work.session, work, ScheduleQuery())
    except ScheduleTooLarge:
        # Whoever has thousands of bookings today can still open the rest of the page.
        return None
    return SchedulePanel(
        panel=Panel.SCHEDULE,
        bookings=len(found.entries),
        entries=found.entries[:MOST_LISTED],
        special_events=found.special_events[:MOST_LISTED],
        conflicts=found.conflicts,
    )


async def _snapshot(work: Work[Session]) -> SnapshotPanel:
    rows = await store.figures(work.session, MOST_SHARED)
    studios = [
        Figures(**{**row, "today": DayFigures.model_validate_json(row["today"])}) for row in map(dict, rows)
    ]
    return SnapshotPanel(panel=Panel.SNAPSHOT, studios=studios)


def _shortcuts(work: Work[Session], page: Page) -> ShortcutsPanel:
    own = (
        each.model_dump() for each in shortcuts_of(page.settings.get(SHORTCUTS, ())) if not each.is_inactive
    )
    return ShortcutsPanel(
        panel=Panel.SHORTCUTS,
        shortcuts=[
            ShortcutTold(
                of=of,
                target_kind=TargetKind.AREA if each["target"] in AREAS else TargetKind.WEB,
                **{name: each[name] for name in ("description", "target", "icon")},
            )
            for of, several in ((ShortcutOf.USER, own), (ShortcutOf.COMPANY, page.shortcuts))
            for each in several
            if is_open_to(work.who, each["target"])
        ],
    )


async def _messages(work: Work[Session], page: Page, asker: Asker) -> MessagesPanel:
    kinds = {registry.number_of(each): each for each in MessageKind if views(work.who, each)}
    rows = await store.waiting(work.session, asker, list(kinds))
    found = {number: [row for row in rows if row["kind"] == number] for number in kinds}
    return MessagesPanel(
        panel=Panel.MESSAGES,
        kinds=[
            Waiting(
                kind=kind,
                waiting=found[number][0]["waiting"] if found[number] else 0,
                messages=[MessageEntry(**each) for each in _listed(found[number], page)],
            )
            for number, kind in kinds.items()
        ],
    )


def _counts(rows: Sequence[asyncpg.Record], *names: str) -> dict[str, int]:
    return {name: rows[0][name] for name in names}


def _listed(rows: Iterable[asyncpg.Record], page: Page) -> list[Mapping[str, Any]]:
    """Return the rows that are of a record, each with what its client is called."""
    return [
        {**row, "client_name": client_name(row, page.name_order)} for row in rows if row["id"] is not None
    ]
