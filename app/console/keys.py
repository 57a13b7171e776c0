"""API keys: which there are, a new one shown this once, and ending one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.responses import Response

from app.console import forms, lookups, pages, rights
from app.console.api import Record, Refused
from app.console.forms import Form, Once, Unfilled, Wrong, filled
from app.console.rights import Right
from app.console.visits import Visit
from app.core import clock
from app.core.principal import Level

_PATH = "/v1/api-keys"
_ENDED = "api_key_ended"
_USUAL_DAYS = 365
_BOOKING = ("clients", "sessions", "appointments")
_ORDERS = ("clients", "sessions", "invoices", "payments")
_AROUND = {"lists": "view_only", "companies": "view_only"}
"""What records name, and what a program that shows them cannot do without."""
PRESETS: Mapping[str, tuple[str, Mapping[str, str] | None]] = {
    "read": ("Read everything", None),
    "bookings": ("Bookings", {**dict.fromkeys(_BOOKING, "add_modify"), "schedule": "view_only", **_AROUND}),
    "orders": ("Orders", {**dict.fromkeys(_ORDERS, "view_only"), **_AROUND}),
}
"""What keys are often for, and the levels that takes; none for all that can be read."""


class Key(Form):
    """What a key is for, and how many days it lasts."""

    name: str
    days: int


async def show(visit: Visit) -> Response:
    """Show the keys somebody may see."""
    return visit.page(
        "keys.html",
        keys=(await visit.api.get(_PATH))["keys"],
        people=await lookups.staff(visit.api),
        levels=rights.LABELS,
        may_make=visit.may("api_keys", Level.ADD_MODIFY),
    )


async def show_new(visit: Visit) -> Response:
    """Ask for a new key, filled in for what it is to do if that was chosen."""
    offered = await _offered(visit)
    preset = PRESETS.get(visit.request.query_params.get("for", ""))
    levels = _preset(preset[1], offered) if preset else {}
    return _form(visit, offered, {"name": "", "days": _USUAL_DAYS, "levels": levels})


async def create(visit: Visit) -> Response:
    """Make a key and show it: nobody can ask for it again, so that no other page follows."""
    levels = {key: level for key, level in rights.read(visit.form).items() if level != Level.NO_ACCESS}
    try:
        asked = filled(Key, visit.form)
        if await _is_made(visit, asked.name, filled(Once, visit.form)):
            return pages.to("/keys", said="key_made_before")
        made = await visit.api.post(_PATH, {**asked.model_dump(), "levels": levels})
    except (Unfilled, Refused) as error:
        sent = {"name": visit.form.get("name", ""), "days": visit.form.get("days", ""), "levels": levels}
        return _form(visit, await _offered(visit), sent, forms.wrong(error, known=Key.model_fields))
    return visit.page("key_made.html", key=made)


async def ask_revoke(visit: Visit) -> Response:
    """Ask whether a key is really to end."""
    return visit.page("key_revoke.html", key=await visit.api.get(_path(visit)))


async def revoke(visit: Visit) -> Response:
    """End a key."""
    try:
        await visit.api.post(f"{_path(visit)}/revoke")
    except Refused as error:
        if error.code != _ENDED:
            raise
        return visit.page("key_revoke.html", forms.wrong(error), key=await visit.api.get(_path(visit)))
    return pages.to("/keys", said="key_revoked")


async def _is_made(visit: Visit, name: str, form: Once) -> bool:
    """Say whether whoever asks has a key of a name that is newer than the form."""
    keys = (await visit.api.get(_PATH))["keys"]
    mine = (visit.session.user_id, name.strip())
    return any((each["owner_id"], each["name"]) == mine and form.has_made(each) for each in keys)


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['key_id']}"


async def _offered(visit: Visit) -> list[Right]:
    """Return what a key may be given by whoever asks: of each feature no more than they have themselves."""
    own: Mapping[str, str] = visit.permissions["levels"]
    named = set((await visit.api.get(_PATH))["features"])
    found = [each for each in await rights.rights(visit.api) if each.key in named]
    offered = [replace(each, options=_up_to(own[each.key], each)) for each in found]
    return [each for each in offered if each.options]


def _up_to(own: str, right: Right) -> Sequence[tuple[str, str]]:
    return [
        (level, label)
        for level, label in right.options
        if level != Level.NO_ACCESS and Level(own).covers(Level(level))
    ]


def _preset(levels: Mapping[str, str] | None, offered: Sequence[Right]) -> dict[str, str]:
    wanted = levels if levels is not None else {each.key: Level.VIEW_ONLY.value for each in offered}
    possible = {each.key: {level for level, _ in each.options} for each in offered}
    return {key: level for key, level in wanted.items() if level in possible.get(key, ())}


def _form(visit: Visit, offered: Sequence[Right], values: Record, wrong: Wrong | None = None) -> Response:
    return visit.page(
        "key_new.html",
        wrong,
        values=values,
        rights=offered,
        made_at=clock.now().isoformat(),
        presets={key: label for key, (label, _) in PRESETS.items()},
        may_make=visit.may("api_keys", Level.ADD_MODIFY),
    )
