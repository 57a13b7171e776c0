"""Pages: how a template becomes an answer, and what is wrong in a form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from app.core.clock import day_of
from app.core.money import written
from app.portal.web.assets import address_of

BASE = "/portal"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was not taken: a sentence about all of it, and sentences by field."""

    sentence: str
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    fields: Mapping[str, str] = field(default_factory=dict)


def render(template: str, status: int = HTTPStatus.OK, **told: Any) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(_environment.get_template(template).render(**told), status_code=status)


def plain(status: int, sentence: str, heading: str = "That is not possible") -> HTMLResponse:
    """Return a page for nobody in particular, that says why there is no other."""
    return render("plain.html", status, sentence=sentence, heading=heading)


def to(address: str, path: str = "", said: str | None = None) -> RedirectResponse:
    """Send a browser to another page of a gallery, which tells what has been done."""
    query = f"{'&' if '?' in path else '?'}said={said}" if said else ""
    place, mark, fragment = path.partition("#")
    target = f"{BASE}/{address}{place}{query}{mark}{fragment}"
    return RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)


def _day(found: date) -> str:
    return f"{found.day} {found:%B %Y}"


def _local_day(instant: datetime, time_zone: str) -> str:
    """Return on which day something was where the company is."""
    return _day(day_of(instant, time_zone))


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(base=BASE, asset=address_of)
_environment.filters.update(day=_day, local_day=_local_day, money=written)
