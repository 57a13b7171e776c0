"""Webhooks: which there are, a new one's secret shown this once, what became of each post, and once more."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Once, Unfilled, Version, Wrong, filled
from app.console.galleries import seeking
from app.console.visits import Show, Visit
from app.core import clock
from app.core.principal import Level

_PATH = "/v1/webhooks"
_PAGE = 50
_NO_QUERY = {"page", "replayed"}
STATES: Mapping[str, str] = {
    "waiting": "Waits",
    "sending": "Being posted",
    "delivered": "Taken",
    "failed": "Failed",
    "skipped": "Not told",
}
"""How far a delivery has come, in words."""
LOOKS: Mapping[str, str] = {
    "waiting": "state-waiting",
    "sending": "state-waiting",
    "delivered": "state-good",
    "failed": "state-behind",
}
PAUSES: Mapping[str, str] = {
    "by_hand": "Paused",
    "gone": "Paused: its receiver says it is gone",
    "failing": "Paused: it has taken nothing for five days",
    "key_ended": "Paused: its key has ended",
}
"""Why a webhook is told nothing, in words."""


class Hook(Form):
    """Where events are to be posted, which, and by which key."""

    key_id: UUID
    url: str
    types: str
    description: str = ""


class Since(Form):
    """From which revision on events are to be told once more."""

    from_revision: int


class Sought(Form):
    """Which deliveries are listed."""

    state: Literal["waiting", "sending", "delivered", "failed", "skipped"] | None = None
    page: UUID | None = None
    replayed: int | None = None

    @property
    def query(self) -> str:
        """Return them, but for the page, as a part of addresses."""
        return urlencode(self.model_dump(mode="json", exclude_none=True, exclude=_NO_QUERY))


async def show(visit: Visit) -> Response:
    """Show the webhooks somebody may look after."""
    hooks = (await visit.api.get(_PATH))["webhooks"]
    return visit.page("webhooks/webhooks.html", hooks=hooks, pauses=PAUSES, may_make=_may_change(visit))


async def show_new(visit: Visit) -> Response:
    """Ask for a new webhook."""
    return await _form(visit, {"types": "web_order.received"})


async def create(visit: Visit) -> Response:
    """Make a webhook and show its secret: nobody can ask for it again, so that no other page follows."""
    try:
        asked = filled(Hook, visit.form).model_dump(mode="json")
        if await _is_made(visit, asked, filled(Once, visit.form)):
            return pages.to("/webhooks", said="webhook_made_before")
        made = await visit.api.post(_PATH, {**asked, "types": asked["types"].replace(",", " ").split()})
    except (Unfilled, Refused) as error:
        return await _form(visit, visit.form, forms.wrong(error, known=Hook.model_fields))
    return visit.page("webhooks/secret.html", hook=made)


async def show_one(visit: Visit) -> Response:
    """Show a webhook, and what became of telling it."""
    return await _one(visit)


async def act(visit: Visit) -> Response:
    """Try a webhook, pause it, or have it told things again."""
    action = visit.request.path_params["action"]
    try:
        await visit.api.post(f"{_path(visit)}/{action}")
    except Refused as error:
        return await _one(visit, forms.wrong(error))
    return pages.to(_here(visit), said=f"webhook_{action}")


async def replay(visit: Visit) -> Response:
    """Have all events since a revision posted once more, and say how many these are."""
    try:
        asked = filled(Since, visit.form).model_dump()
        told = await visit.api.post(f"{_path(visit)}/replay", asked)
    except (Unfilled, Refused) as error:
        return await _one(visit, forms.wrong(error, known=Since.model_fields))
    return pages.to(f"{_here(visit)}?replayed={told['waiting']}")


async def ask_rotate(visit: Visit) -> Response:
    """Ask whether a webhook is to have another secret."""
    return visit.page("webhooks/rotate.html", hook=await visit.api.get(_path(visit)))


async def rotate(visit: Visit) -> Response:
    """Give it another secret and show that, this once: the same page loaded anew makes no third."""
    try:
        version = filled(Version, visit.form).version
        made = await visit.api.post(f"{_path(visit)}/rotate", {}, version)
    except Refused as error:
        if error.code != "version_changed":
            raise
        return pages.to(_here(visit), said="webhook_changed_before")
    return visit.page("webhooks/secret.html", hook=made)


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a webhook is really to go."""
    return visit.page("webhooks/remove.html", hook=await visit.api.get(_path(visit)))


async def remove(visit: Visit) -> Response:
    """Delete a webhook with its log."""
    await visit.api.delete(_path(visit))
    return pages.to("/webhooks", said="webhook_removed")


async def show_delivery(visit: Visit) -> Response:
    """Show a delivery with what is posted, and each try."""
    return await _delivery(visit)


async def resend(visit: Visit) -> Response:
    """Have an event posted once more."""
    try:
        await visit.api.post(f"{_delivery_path(visit)}/resend")
    except Refused as error:
        return await _delivery(visit, forms.wrong(error))
    event_id = visit.request.path_params["event_id"]
    return pages.to(f"{_here(visit)}/deliveries/{event_id}", said="webhook_resent")


def _may_change(visit: Visit) -> bool:
    return visit.may("webhooks", Level.ADD_MODIFY)


def _here(visit: Visit) -> str:
    return f"/webhooks/{visit.request.path_params['webhook_id']}"


def _path(visit: Visit) -> str:
    return f"/v1{_here(visit)}"


def _delivery_path(visit: Visit) -> str:
    return f"{_path(visit)}/deliveries/{visit.request.path_params['event_id']}"


async def _is_made(visit: Visit, asked: Record, form: Once) -> bool:
    """Say whether there is a webhook of the same address and key that is newer than the form."""
    hooks = (await visit.api.get(_PATH))["webhooks"]
    same = [each for each in hooks if (each["url"], each["key_id"]) == (asked["url"], asked["key_id"])]
    return any(form.has_made(each) for each in same)


def _is_own(visit: Visit, key: Record) -> bool:
    return bool(key["is_living"] and key["owner_id"] == visit.session.user_id)


def _is_theirs(visit: Visit, hook: Record) -> bool:
    """Say whether a webhook is of an own key: of others' one chooses neither where nor when they are told."""
    return bool(hook["owner_id"] == visit.session.user_id)


async def _form(visit: Visit, values: Mapping[str, str], wrong: Wrong | None = None) -> Response:
    keys: list[Record] = []
    if visit.may("api_keys", Level.VIEW_ONLY):
        keys = (await visit.api.get("/v1/api-keys"))["keys"]
    kinds = (await visit.api.get("/v1/webhook-types"))["types"]
    return visit.page(
        "webhooks/new.html",
        wrong,
        values={name: values.get(name, "") for name in Hook.model_fields},
        keys={each["id"]: each["name"] for each in keys if _is_own(visit, each)},
        kinds=kinds,
        made_at=clock.now().isoformat(),
        may_make=_may_change(visit),
    )


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    sought = seeking.sought(visit, Sought)
    asked = sought.model_dump(mode="json", exclude_none=True, exclude={"replayed"})
    hook = await visit.api.get(_path(visit))
    found = await visit.api.get(f"{_path(visit)}/deliveries", limit=_PAGE, **asked)
    return visit.page(
        "webhooks/webhook.html",
        wrong,
        hook=hook,
        deliveries=found["deliveries"],
        next_page=found["next_page"],
        sought=sought,
        since=visit.form.get("from_revision") or str(hook["first_revision"]),
        states=STATES,
        looks=LOOKS,
        pauses=PAUSES,
        is_own=_is_theirs(visit, hook),
        may_change=_may_change(visit),
        may_remove=visit.may("webhooks", Level.ADD_MODIFY_DELETE),
    )


async def _delivery(visit: Visit, wrong: Wrong | None = None) -> Response:
    hook = await visit.api.get(_path(visit))
    return visit.page(
        "webhooks/delivery.html",
        wrong,
        hook=hook,
        delivery=await visit.api.get(_delivery_path(visit)),
        states=STATES,
        looks=LOOKS,
        may_change=_may_change(visit) and _is_theirs(visit, hook),
    )


_HOOK = "/webhooks/{webhook_id:uuid}"
_DELIVERY = f"{_HOOK}/deliveries/{{event_id:uuid}}"
SHOWN: Mapping[str, Show] = {
    "/webhooks": show,
    "/webhooks/new": show_new,
    _HOOK: show_one,
    f"{_HOOK}/rotate": ask_rotate,
    f"{_HOOK}/remove": ask_remove,
    _DELIVERY: show_delivery,
}
"""Pages."""
DONE: Mapping[str, Show] = {
    "/webhooks/new": create,
    f"{_HOOK}/rotate": rotate,
    f"{_HOOK}/remove": remove,
    f"{_HOOK}/replay": replay,
    f"{_HOOK}/do/{{action}}": act,
    f"{_DELIVERY}/resend": resend,
}
"""What is sent from them."""
