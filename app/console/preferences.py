"""Mobile preferences: what the company's phones hold, and how much that would be before it is decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Api, Record, Refused
from app.console.forms import Unfilled, Version, Wrong, filled
from app.console.preference_layout import GROUPS, KNOBS, Several
from app.console.visits import Visit
from app.core.principal import Level
from app.http.forms import Fields

_PATH = "/v1/preferences"


@dataclass(frozen=True, slots=True)
class Bar:
    """One collection before and after: how much, and how long its bars are, in hundredths."""

    name: str
    before: Record
    after: Record
    before_share: float
    after_share: float


async def show(visit: Visit) -> Response:
    """Show what phones hold, and how much that is."""
    return await _page(visit)


async def estimate(visit: Visit) -> Response:
    """Return the estimate alone, which the page puts in the place of the one it has."""
    kept = await visit.api.get(_PATH)
    changed = _changed(visit.form, kept["values"])
    return pages.render("_estimate.html", **await _estimated(visit.api, changed))


async def change(visit: Visit) -> Response:
    """Set what is different, or show what it would come to."""
    kept = await visit.api.get(_PATH)
    changed = _changed(visit.form, kept["values"])
    if "estimate" in visit.form:
        return await _page(visit, proposed=changed)
    if not changed:
        return pages.to("/preferences", said="nothing_changed")
    try:
        await visit.api.put(_PATH, changed, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=KNOBS), changed)
    return pages.to("/preferences", said="preferences_saved")


def _changed(fields: Fields, kept: Mapping[str, Any]) -> Record:
    """Return the preferences that are to be others than they are."""
    try:
        asked = {key: knob.read(fields.all(key)) for key, knob in KNOBS.items()}
    except ValueError:
        raise Unfilled({}) from None
    return forms.touched(fields, asked, kept)


async def _page(visit: Visit, wrong: Wrong | None = None, proposed: Record | None = None) -> Response:
    """Return the page; what was proposed and not saved stands in it, beside what holds."""
    kept = await visit.api.get(_PATH)
    lists = {
        knob.key: await visit.api.all(f"/v1/{knob.collection}", "records")
        for knob in KNOBS.values()
        if isinstance(knob, Several)
    }
    return visit.page(
        "preferences.html",
        wrong,
        groups=GROUPS,
        kept=kept,
        values={**kept["values"], **(proposed or {})},
        lists=lists,
        may_change=visit.may("preferences", Level.ADD_MODIFY),
        **await _estimated(visit.api, {} if wrong and not wrong.is_stale else proposed or {}),
    )


async def _estimated(api: Api, changed: Record) -> Record:
    before = await api.post("/v1/sync/estimate", {})
    after = await api.post("/v1/sync/estimate", {"preferences": changed}) if changed else before
    return {"bars": _bars(before, after), "before": before["total"], "after": after["total"]}


def _bars(before: Record, after: Record) -> list[Bar]:
    """Return the collections that are held before or after, the largest first."""
    pairs = {
        name: (told, after["collections"][name])
        for name, told in before["collections"].items()
        if told["records"] or after["collections"][name]["records"]
    }
    most = max((each["bytes"] for pair in pairs.values() for each in pair), default=0) or 1
    bars = [
        Bar(name, was, will, 100 * was["bytes"] / most, 100 * will["bytes"] / most)
        for name, (was, will) in pairs.items()
    ]
    return sorted(bars, key=lambda each: -max(each.before["bytes"], each.after["bytes"]))
