"""The inbox: what was typed beside what the studio has, and a person to choose."""

from dataclasses import dataclass
from typing import Any, Literal

from starlette.responses import Response

from app.console import fields, forms, labels, lookups, pages, words
from app.console.api import Record, Refused
from app.console.fields import Field
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.visits import Visit

_SAID = {"take_mine": "inbox_taken", "keep_theirs": "inbox_kept", "dismiss": "inbox_kept"}
_MOST_NAMED = 50


class Decision(Form):
    """What becomes of an entry."""

    resolution: Literal["take_mine", "keep_theirs", "dismiss"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what was typed, what the studio has, and why the two are not one."""

    label: str
    typed: str
    kept: str
    reason: str | None


async def show(visit: Visit) -> Response:
    """Show what waits for somebody to decide."""
    entries = await lookups.undecided(visit.api)
    manifest = await visit.api.get("/v1/sync/manifest")
    return visit.page(
        "inbox.html",
        entries=entries,
        names={each["id"]: await _name(visit, manifest, each) for each in entries[:_MOST_NAMED]},
        people=await lookups.staff(visit.api),
        label=labels.of_field,
    )


async def show_one(visit: Visit) -> Response:
    """Show the two sides of an entry."""
    return await _page(visit)


async def resolve(visit: Visit) -> Response:
    """Do what was decided."""
    try:
        decided = filled(Decision, visit.form)
        await visit.api.post(f"{_path(visit)}/resolve", decided.model_dump())
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error))
    return pages.to("/inbox", said=_SAID[decided.resolution])


def _path(visit: Visit) -> str:
    return f"/v1/inbox/{visit.request.path_params['entry_id']}"


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    entry = await visit.api.get(_path(visit))
    manifest = await visit.api.get("/v1/sync/manifest")
    return visit.page(
        "inbox_entry.html",
        wrong,
        entry=entry,
        name=await _name(visit, manifest, entry),
        differences=await _differences(visit, manifest, entry),
        people=await lookups.staff(visit.api),
    )


async def _name(visit: Visit, manifest: Record, entry: Record) -> str | None:
    """Return what the record is called, if it is there; what it was meant for may be no collection at all."""
    if entry["collection"] not in {each["name"] for each in manifest["collections"]}:
        return None
    try:
        return fields.title(await visit.api.get(f"/v1/{entry['collection']}/{entry['record_id']}"))
    except Refused:
        return None


async def _differences(visit: Visit, manifest: Record, entry: Record) -> list[Difference]:
    """Return an entry field by field."""
    kept, told = entry["kept"] or {}, _told(manifest, entry)
    known = await fields.telling(visit.api, told, [entry["typed"], kept])
    zone = visit.session.time_zone
    return [
        Difference(
            known[name].label if name in known else labels.of_field(name),
            _shown(known.get(name), value, zone),
            _shown(known.get(name), kept.get(name), zone),
            entry["reasons"].get(name),
        )
        for name, value in sorted(entry["typed"].items())
    ]


def _told(manifest: Record, entry: Record) -> list[Record]:
    """Return what is known of the fields an entry has: those of a command, or of the record."""
    found = [each for each in manifest["commands"] if each["name"] == entry["command"]]
    found = found or [each for each in manifest["collections"] if each["name"] == entry["collection"]]
    return [each for several in found for each in several["fields"]]


def _shown(field: Field | None, value: Any, time_zone: str) -> str:
    """Return a value in words; what was typed may be anything."""
    try:
        if field and field.kind == "instant" and value:
            return pages.instant(value, time_zone)
        return field.shown(value) if field else words.of_value(value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return words.of_value(value)
