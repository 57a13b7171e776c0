"""Company settings: how the business works, for everybody who works there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from app.console import company_forms, company_layout, fields, forms, pages, words
from app.console.api import Record, Refused
from app.console.company_forms import OwnField
from app.console.fields import Field
from app.console.forms import Unfilled, Version, Wrong, filled
from app.console.visits import Visit
from app.core.principal import Level

_FIRST_DAY = "first_weekday"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a company, and what the manifest tells of them."""

    company: Record
    wanted: Sequence[Field]
    own: dict[str, list[OwnField]]
    asked: dict[str, list[tuple[str, str]]]

    @property
    def weekdays(self) -> list[str]:
        """Return the days of a week."""
        return [day for each in self.wanted if each.name == _FIRST_DAY for day, _ in each.options]

    @property
    def sections(self) -> list[tuple[str, list[Field]]]:
        """Return the fields in their sections; what is in none comes last."""
        left = {each.name: each for each in self.wanted}
        found = [
            (label, [left.pop(name) for name in names if name in left])
            for label, names in company_layout.SECTIONS
        ]
        return [each for each in [*found, ("Other settings", list(left.values()))] if each[1]]


async def show(visit: Visit) -> Response:
    """Show how the business works."""
    settings = await _settings(visit)
    return _page(visit, settings, settings.company)


async def change(visit: Visit) -> Response:
    """Change what is different."""
    settings = await _settings(visit)
    different: Record = {}
    try:
        different = forms.touched(visit.form, _read(visit, settings), settings.company)
        if not different:
            return pages.to("/company", said="nothing_changed")
        await visit.api.patch(_path(visit), different, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=visit.form)
        if not wrong.is_stale:
            return _page(visit, settings, _typed(visit, settings), wrong)
        settings = replace(settings, company=await visit.api.get(_path(visit)))
        values, theirs = {**settings.company, **different}, _others(visit, settings)
        return _page(visit, settings, values, wrong, theirs=theirs)
    return pages.to("/company", said="company_saved")


def _path(visit: Visit) -> str:
    return f"/v1/companies/{visit.session.account_id}"


async def _settings(visit: Visit) -> Settings:
    collections = (await visit.api.get("/v1/sync/manifest"))["collections"]
    told = next(each["fields"] for each in collections if each["name"] == "companies")
    without = (*company_layout.TOLD, *company_layout.APART)
    company = await visit.api.get(_path(visit))
    return Settings(
        company,
        await fields.fields(visit.api, told, without),
        company_forms.own_fields(collections),
        company_forms.asked_fields(collections, company),
    )


def _read(visit: Visit, settings: Settings) -> Record:
    form, company = visit.form, settings.company
    return {
        **fields.read(settings.wanted, form),
        "opening_hours": company_forms.read_week(form, company),
        "custom_labels": company_forms.read_names(form, company, settings.own),
        "validation_rules": company_forms.read_rules(form),
    }


def _typed(visit: Visit, settings: Settings) -> Record:
    """Return what was typed, to be shown again."""
    form, company = visit.form, settings.company
    return {
        **fields.typed(settings.wanted, form),
        "opening_hours": company_forms.typed_week(form, company),
        "custom_labels": company_forms.read_names(form, company, settings.own),
        "validation_rules": company_forms.read_rules(form),
    }


def _others(visit: Visit, settings: Settings) -> dict[str, str]:
    """Return what was saved since the page was made, in words."""
    company = settings.company
    names = [*(each.name for each in settings.wanted), *company_layout.APART]
    saved = forms.others(visit.form, company, names)
    tables = {
        words.of_key(name): company_forms.shown(company, name)
        for name in company_layout.APART
        if name in saved
    }
    return {**fields.told(settings.wanted, saved), **tables}


def _page(
    visit: Visit, settings: Settings, values: Record, wrong: Wrong | None = None, **told: Any
) -> Response:
    return visit.page(
        "company.html",
        wrong,
        company=settings.company,
        values=values,
        sections=settings.sections,
        days=company_forms.week(values, settings.weekdays),
        own=settings.own,
        names=company_forms.names_of(values),
        asked=settings.asked,
        levels=company_forms.LEVELS,
        may_change=visit.may("companies", Level.ADD_MODIFY),
        **told,
    )
