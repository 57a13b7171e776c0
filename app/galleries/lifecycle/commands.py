"""What people do with a session's gallery: publish it, once more too, extend or expire it, take it down."""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator

from app.core.ids import NIL
from app.galleries import order_store
from app.galleries.lifecycle import store
from app.galleries.lifecycle.standing import is_open, state_on
from app.galleries.lifecycle.store import NOTHING_CHOSEN, Choice, Chosen
from app.galleries.models import Rating
from app.studio.gallery_refusals import GalleriesOff, GalleryNotOnline, NoPictures, NoSuchPriceList
from app.studio.rules.settings import read_settings, settings_of
from app.studio.sessions import GalleryState
from app.studio.status_notes import with_remark
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Line
from app.sync.refusals import UnknownReference

MOST_PICTURES = 20_000
"""How many pictures may be named one by one."""
_SOME_ID = "5d0c4b7e-8a37-4c55-9d21-6f3c1a590001"
_USUAL = (Rating.SELECTED, Rating.UNDECIDED)
"""What is shown where nobody chooses: all that was not put aside."""
_LATEST = date(2999, 12, 31)
TAKEN_DOWN = object()
"""Stands in a draft for what becomes of pictures: they go, and what was read of them counts no more."""


class PublishGallery(Element):
    """Put a session online, or change what its gallery shows."""

    picture_ids: Annotated[list[Id], Field(max_length=MOST_PICTURES)] | None = Field(
        None, description="The pictures to be shown, one by one.", examples=[[_SOME_ID]]
    )
    ratings: Annotated[list[Rating], Field(max_length=3)] | None = Field(
        None,
        description="The ratings whose pictures are to be shown, instead of `picture_ids`.",
        examples=[["selected"]],
    )
    group_ids: Annotated[list[Id], Field(max_length=500)] | None = Field(
        None,
        description="The groups to be shown, with all their pictures; left out, groups stay as they are.",
        examples=[[]],
    )
    web_price_list: Line | None = Field(
        None,
        description="The price list; left out, the session's own, or else its type's.",
        examples=["Portraits"],
    )
    web_expire_date: Day | None = Field(
        None,
        description="The day it expires; left out, the day of the upload and its type's `days_online`.",
        examples=["2026-08-01"],
    )

    @model_validator(mode="after")
    def _one_way(self) -> "PublishGallery":
        if self.picture_ids is not None and self.ratings is not None:
            raise ValueError("Pictures are chosen one by one or by their ratings.")
        return self

    @property
    def choice(self) -> Choice:
        """Return which pictures are meant: where nobody chooses, all but those rated Not Selected."""
        asked = self.picture_ids, self.ratings, self.group_ids
        ratings = self.ratings if any(each is not None for each in asked) else _USUAL
        groups = None if self.group_ids is None else _sorted(self.group_ids)
        return Choice(
            _sorted(self.picture_ids or ()), tuple(sorted(set(ratings or ()))), groups or (), groups
        )


class ExtendGallery(Element):
    """Give a gallery another day to expire on."""

    web_expire_date: Day = Field(
        description="The day it expires; today or one in the past expires it now.", examples=["2026-09-01"]
    )


class TakeDownGallery(Element):
    """Take a gallery down; nothing is sent along."""


async def _read_publication(call: Call) -> None:
    draft, choice = call.work.draft, call.sent.choice
    call.work.read[call.key, choice] = await store.look_at(draft.session, call.key[1], choice)
    if name := call.sent.web_price_list:
        call.work.read["web_price_list", name] = await order_store.is_named(draft.session, name, NIL)
    await draft.load_all(registry.number_of("session_types"))
    await read_settings(draft)


async def _read_company(call: Call) -> None:
    await read_settings(call.work.draft)


def _is_published(call: Call) -> bool:
    sent, fields = call.sent, call.fields
    if not is_open(fields or None) or not fields["is_shown_online"]:
        return False
    wanted = {"web_price_list": sent.web_price_list, "web_expire_date": _told(sent.web_expire_date)}
    intended = call.work.draft.intended.get(call.key)
    is_shown = intended == sent.choice if intended else _chosen(call).differing == 0
    return is_shown and all(value in (None, fields[name]) for name, value in wanted.items())


@command(
    "publish_gallery",
    of=("sessions",),
    takes=PublishGallery,
    prepares=_read_publication,
    is_done=_is_published,
)
def publish_gallery(call: Call) -> Mapping[str, Any]:
    """Put a session's chosen pictures online, or have its open gallery show just those."""
    _require_galleries(call)
    chosen = _chosen(call)
    _require_all_known(call.sent, chosen)
    if not chosen.pictures or call.work.draft.intended.get(call.key) is TAKEN_DOWN:
        raise NoPictures
    is_again, price_list = is_open(call.fields), _price_list(call)
    call.work.draft.intended[call.key] = call.sent.choice
    expires = call.sent.web_expire_date or _expires(call, is_again=is_again)
    fields = {
        "gallery_state": state_on(expires, call.work.today).value,
        "gallery_images": chosen.ready,
        "web_price_list": price_list,
        "web_expire_date": _told(expires),
        "is_shown_online": True,
        "taken_down_at": None,
    }
    if is_again:
        remark = f"Gallery: {images(chosen.ready)} shown"
        return {**fields, "status_notes": with_remark(call.fields, call.work, remark)}
    return {**fields, "uploaded_at": call.work.now.astimezone(UTC).isoformat()}


def _expires(call: Call, *, is_again: bool) -> date | None:
    """Return when a gallery expires unless somebody says so: the day it has, or that of its type."""
    if is_again:
        known = call.fields["web_expire_date"]
        return date.fromisoformat(known) if known else None
    days = (_type(call) or {}).get("days_online")
    if days is None:
        return None
    return call.work.today + min(timedelta(days=days), _LATEST - call.work.today)


def _price_list(call: Call) -> str | None:
    """Return the price list a gallery sells from; raises `NoSuchPriceList`.

    What a session type names may still be to be made.
    """
    own, sent = call.fields["web_price_list"], call.sent.web_price_list
    known = {kind["price_list"] for _, kind in call.work.known("session_types")} | {own}
    if sent and sent not in known and not call.work.read.get(("web_price_list", sent)):
        raise NoSuchPriceList({"web_price_list": NoSuchPriceList.message})
    found: str | None = sent or own or (_type(call) or {}).get("price_list")
    return found


def _type(call: Call) -> Mapping[str, Any] | None:
    return call.work.find("session_types", call.fields["session_type_id"])


def _chosen(call: Call) -> Chosen:
    # Of a session that this very push makes nothing was read: it has no pictures.
    found: Chosen = call.work.read.get((call.key, call.sent.choice), NOTHING_CHOSEN)
    return found


def _require_all_known(sent: PublishGallery, chosen: Chosen) -> None:
    """Refuse pictures and groups that are not the session's, and pictures that cannot be shown."""
    wrong = {
        "picture_ids": chosen.named < len(sent.choice.pictures),
        "group_ids": chosen.groups < len(sent.choice.groups),
    }
    if any(wrong.values()):
        raise UnknownReference({name: UnknownReference.message for name, is_so in wrong.items() if is_so})


def _is_extended(call: Call) -> bool:
    return is_open(call.fields or None) and call.fields["web_expire_date"] == _told(call.sent.web_expire_date)


@command(
    "extend_gallery",
    of=("sessions",),
    takes=ExtendGallery,
    prepares=_read_company,
    is_done=_is_extended,
)
def extend_gallery(call: Call) -> Mapping[str, Any]:
    """Have an open gallery expire on another day; a day in the past expires it now."""
    _require_galleries(call)
    _require_open(call)
    expires = call.sent.web_expire_date
    state = state_on(expires, call.work.today)
    return {"web_expire_date": _told(expires), "gallery_state": state.value}


def _is_taken_down(call: Call) -> bool:
    return call.fields.get("gallery_state") == GalleryState.TAKEN_DOWN


@command(
    "take_down_gallery",
    of=("sessions",),
    takes=TakeDownGallery,
    prepares=_read_company,
    is_done=_is_taken_down,
)
def take_down_gallery(call: Call) -> Mapping[str, Any]:
    """Close a gallery and remove its pictures from the server; the studio's own files are not touched."""
    _require_galleries(call)
    _require_open(call)
    call.work.draft.intended[call.key] = TAKEN_DOWN
    return {
        "gallery_state": GalleryState.TAKEN_DOWN.value,
        "gallery_images": 0,
        "is_shown_online": False,
        "taken_down_at": call.work.now.astimezone(UTC).isoformat(),
    }


def _require_galleries(call: Call) -> None:
    if not settings_of(call.work)["has_galleries"]:
        raise GalleriesOff


def _require_open(call: Call) -> None:
    if not is_open(call.fields):
        raise GalleryNotOnline({"gallery_state": call.fields["gallery_state"]})


def images(many: int) -> str:
    """Return how many images, in words."""
    return f"{many} image" if many == 1 else f"{many} images"


def _told(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _sorted(ids: Any) -> tuple[UUID, ...]:
    return tuple(sorted(set(ids)))
