"""The audit trail: who did what and when, looked through by days, people and kinds."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator
from starlette.responses import Response

from app.console import audit_names, audit_words, forms, lookups, words
from app.console.api import Record
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.visits import Visit
from app.http.forms import Fields

_PATH = "/v1/audit"
_PAGE = 50
_NOTHING: Record = {"head": None, "entries": [], "next_page": None}
_ONE_DAY = timedelta(days=1)
_FIRST, _LAST = date(1970, 1, 1), date(2999, 12, 31)


def _near(day: date) -> date:
    if not _FIRST <= day <= _LAST:
        raise ValueError
    return day


_Day = Annotated[date, AfterValidator(_near)]


class Sought(Form):
    """What is looked for; what is left open is not limited."""

    first: _Day | None = None
    last: _Day | None = None
    user_id: UUID | None = None
    subject: str | None = None
    action: str | None = None
    channel: str | None = None
    record_id: UUID | None = None

    def asked(self, time_zone: str) -> dict[str, str]:
        """Return it as the API is asked: whole days, as they are where the account is."""
        given = self.model_dump(mode="json", exclude_none=True, exclude={"first", "last"})
        if self.first:
            given["since"] = _midnight(self.first, time_zone)
        if self.last:
            given["until"] = _midnight(self.last + _ONE_DAY, time_zone)
        return given


class Page(Form):
    """Where to go on."""

    page: int | None = None


async def show(visit: Visit) -> Response:
    """Show what was done, the latest first."""
    sent = _sent(visit)
    try:
        asked = _asked(visit, {*Sought.model_fields, *Page.model_fields})
        asked |= {
            name: str(value) for name, value in filled(Page, sent).model_dump(exclude_none=True).items()
        }
        found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    except Unfilled as error:
        return await _page(visit, _NOTHING, forms.wrong(error))
    return await _page(visit, found)


async def export(visit: Visit) -> Response:
    """Hand over all that was done as a table for spreadsheets."""
    asked = _asked(visit, {*Sought.model_fields})
    await visit.api.get(_PATH, limit=1, **asked)
    return visit.api.passed_on(f"{_PATH}.csv", **asked)


def _asked(visit: Visit, known: set[str]) -> dict[str, str]:
    """Return what is looked for as the API is asked, also what it will refuse: that limits nothing."""
    sent = _sent(visit)
    unknown = {name: value for name, value in sent.items() if name not in known}
    return unknown | filled(Sought, sent).asked(visit.session.time_zone)


def _sent(visit: Visit) -> Fields:
    return Fields({name: [value] for name, value in visit.request.query_params.items()})


def _midnight(day: date, time_zone: str) -> str:
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC).isoformat()


async def _page(visit: Visit, found: Record, wrong: Wrong | None = None) -> Response:
    people, sent = await lookups.staff(visit.api), _sent(visit)
    sought = {name: sent[name] for name in Sought.model_fields if sent.get(name)}
    collections = (await visit.api.get("/v1/sync/manifest"))["collections"]
    subjects = {**audit_words.SUBJECTS, **{each["name"]: words.of_key(each["name"]) for each in collections}}
    names = await audit_names.names(visit, found["entries"], people, collections)
    return visit.page(
        "audit.html",
        wrong,
        entries=[audit_words.told(each, names, visit.session.time_zone) for each in found["entries"]],
        head=found["head"],
        sought=sought,
        is_later="page" in sent,
        filters=urlencode(sought),
        next_page=found["next_page"],
        people=sorted(people.values(), key=lambda each: each["display_name"].casefold()),
        subjects=sorted(subjects.items(), key=lambda each: each[1]),
        actions=audit_words.ACTIONS,
        channels=audit_words.CHANNELS,
    )
