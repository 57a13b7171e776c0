"""How a user arranges the home page: panels in an order, and shortcuts; each kept by version."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.accounts.errors import VersionChanged
from app.accounts.features import allows
from app.accounts.standing import S, Work
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Level, Principal
from app.desk.home import store
from app.desk.home.models import HomeSetting
from app.desk.home.schemas import Panel, PanelAnswer, ShortcutAnswer
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.studio.company_shortcuts import AREAS, Area, leading
from app.sync import registry

PANELS = "panels"
SHORTCUTS = "shortcuts"
SHOWN_OF: Mapping[Panel, tuple[str, ...]] = {
    Panel.SERVICES: ("sessions", "invoices", "text_messages"),
    Panel.TASKS: ("tasks",),
    Panel.SCHEDULE: ("sessions", "appointments"),
    Panel.SNAPSHOT: ("finance_snapshots",),
    Panel.MESSAGES: ("phone_calls", "emails", "text_messages"),
}
"""The collections a panel shows: whoever may view none of them does not view the panel."""
_FEATURES: Mapping[Area, str] = {
    Area.CLIENTS: "clients",
    Area.SESSIONS: "sessions",
    Area.APPOINTMENTS: "appointments",
    Area.INVOICES: "invoices",
    Area.PAYMENTS: "payments",
    Area.CALLS: "phone_calls",
    Area.EMAILS: "emails",
    Area.TEXTS: "text_messages",
    Area.TASKS: "tasks",
    Area.FINANCES: "finance_snapshots",
    Area.USERS: "users",
    Area.DEVICES: "devices",
    Area.PREFERENCES: "preferences",
    Area.SECURITY: "security",
    Area.AUDIT: "audit",
}
"""The feature an area is viewed by; what is not among them has something for everybody."""


def views(who: Principal, name: str) -> bool:
    """Say whether somebody may view a collection, if not all of its records."""
    feature = registry.numbered(registry.number_of(name)).feature
    return feature is None or allows(who, feature, Level.VIEW_ONLY)


def views_panel(who: Principal, panel: Panel) -> bool:
    """Say whether somebody may view anything of a panel."""
    return panel not in SHOWN_OF or any(views(who, each) for each in SHOWN_OF[panel])


def is_open_to(who: Principal, target: str) -> bool:
    """Say whether a shortcut leads anywhere for somebody: the web, or an area there is that they may view."""
    feature = _FEATURES.get(Area(target)) if target in AREAS else None
    return _is_target(target) and (feature is None or allows(who, feature, Level.VIEW_ONLY))


def panels_of(who: Principal, content: Iterable[Mapping[str, Any]]) -> list[PanelAnswer]:
    """Return the panels somebody may view as they have set them, and behind those all others, shown."""
    known = {each["panel"]: bool(each["is_shown"]) for each in content if each["panel"] in set(Panel)}
    every = dict.fromkeys((*known, *Panel), True) | known
    found = (PanelAnswer(panel=Panel(name), is_shown=is_shown) for name, is_shown in every.items())
    return [each for each in found if views_panel(who, each.panel)]


def shortcuts_of(content: Iterable[Mapping[str, Any]]) -> list[ShortcutAnswer]:
    """Return shortcuts as they were set, but for those whose target is none any more."""
    return [ShortcutAnswer(**each) for each in content if _is_target(each["target"])]


def _is_target(target: str) -> bool:
    try:
        leading(target)
    except ValueError:
        return False
    return True


async def read_setting(work: Work[S], name: str) -> tuple[int, list[dict[str, Any]]]:
    """Return what the caller has set, and its version: 0 and nothing where that never was."""
    row = await store.setting(work.session, _caller(work), name)
    return (row.version, row.content) if row else (0, [])


async def change_setting(
    work: Work[WriteSession], name: str, content: list[dict[str, Any]], expected: int | None
) -> int:
    """Set something in the place of the version that is expected, and return the new one."""
    if expected is None:
        raise PreconditionRequired
    row = await store.setting(work.session, _caller(work), name)
    version = row.version if row else 0
    if expected != version:
        raise VersionChanged(version=version, headers={"ETag": etag(version)})
    if row is None:
        row = HomeSetting(
            account_id=work.session.account_id,
            user_id=_caller(work),
            name=name,
            version=0,
            content=[],
            changed_at=clock.now(),
        )
        work.session.add(row)
    row.version, row.content, row.changed_at = version + 1, content, clock.now()
    await work.session.flush()
    return row.version


def _caller(work: Work[S]) -> UUID:
    if work.who.user_id is None:
        raise TypeError("the house itself has no home page")
    return work.who.user_id
