"""Pages: how a template becomes an answer, and what stands in every one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from app.console import forms, words
from app.console.assets import address_of
from app.core import clock

BASE = "/console"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SOON = 90
_MEGA, _KILO = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu; who lacks its feature is not shown it. `others` are pages that belong to it."""

    path: str
    label: str
    icon: str
    feature: str | None = None
    others: tuple[str, ...] = ()

    def holds(self, here: str) -> bool:
        """Say whether a page is one of this place."""
        return here == self.path or (self.path != "/" and here.startswith((self.path, *self.others)))


MENU = (
    Place("/", "Home", "home"),
    Place("/devices", "Mobile devices", "phone", "devices"),
    Place("/preferences", "Mobile preferences", "sliders"),
    Place("/health", "Sync health", "pulse", "devices"),
    Place("/inbox", "Inbox", "tray"),
    Place("/users", "Users", "people", "users"),
    Place("/groups", "Security groups", "shield", "security"),
    Place("/keys", "API keys", "key", "api_keys"),
    Place("/webhooks", "Webhooks", "bolt", "webhooks"),
    Place("/galleries", "Online galleries", "picture", "sessions"),
    Place("/outbox", "Outbox", "plane", "outbox", ("/blocks", "/paper", "/files")),
    Place("/templates", "Templates", "letter", "templates"),
    Place("/communications", "Communications", "horn", "communications"),
    Place("/triggers", "Triggers", "bolt", "triggers", ("/trigger-queue",)),
    Place("/mail", "Mail and texts", "plug", "mail_settings"),
    Place("/company", "Company settings", "house", "companies"),
    Place("/lists", "Lists", "list", "lists"),
    Place("/audit", "Audit", "book", "audit"),
)


def menu_for(levels: Mapping[str, str]) -> list[Place]:
    """Return the pages somebody may open."""
    return [each for each in MENU if each.feature is None or levels[each.feature] != "no_access"]


def render(template: str, status: int = HTTPStatus.OK, **told: Any) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(_environment.get_template(template).render(**told), status_code=status)


def plain(status: int, sentence: str, form_token: str | None = None) -> HTMLResponse:
    """Return a page for nobody in particular, that says why there is no other.

    `form_token` is that of somebody who has signed in, and is offered to sign out.
    """
    return render("plain.html", status, sentence=sentence, form_token=form_token)


def to(path: str, said: str | None = None) -> RedirectResponse:
    """Send a browser to another page, which tells what has been done."""
    query = f"{'&' if '?' in path else '?'}said={said}" if said else ""
    return RedirectResponse(f"{BASE}{path}{query}", status_code=HTTPStatus.SEE_OTHER)


def instant(text: str, time_zone: str) -> str:
    """Return an instant of the API as people of a zone write it."""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y, %H:%M}"


def day(text: str) -> str:
    """Return a day of the API as people write it."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"


def today(time_zone: str) -> str:
    """Return what day it is in a zone, as the API has it."""
    return clock.today(time_zone).isoformat()


def ago(text: str) -> str:
    """Return how long ago an instant of the API was."""
    seconds = (clock.now() - datetime.fromisoformat(text)).total_seconds()
    if seconds < _SOON:
        return "just now"
    for size, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def size(count: int) -> str:
    """Return a number of bytes in megabytes, or less where it is little."""
    if count >= _MEGA:
        return f"{count / _MEGA:,.1f} MB"
    return f"{count / _KILO:,.0f} KB" if count else "0 KB"


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}"


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(base=BASE, asset=address_of)
_environment.filters.update(
    instant=instant,
    day=day,
    ago=ago,
    size=size,
    number=number,
    words=words.of_key,
    made_from=forms.made_from,
    platform=words.of_platform,
    queue=words.of_queue,
)
