"""Where a gallery stands on a day, and whether its client sees it."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from app.galleries.hosting import OPEN
from app.studio.sessions import GalleryState

OF_SESSION = (
    "gallery_state",
    "web_expire_date",
    "date",
    "is_shown_online",
    "is_cancelled",
    "is_on_hold",
    "gallery_images",
)
OF_COMPANY = ("has_galleries", "is_expired_gallery_hidden")
"""The fields by which it is judged whether a gallery is seen, for who reads no others."""


class Hidden(StrEnum):
    """Why a client does not see a session's gallery."""

    GALLERIES_OFF = "galleries_off"
    NOT_ONLINE = "not_online"
    EXPIRED = "expired"
    NOT_SHOWN_ONLINE = "not_shown_online"
    NOT_HELD = "not_held"
    CANCELLED = "cancelled"
    ON_HOLD = "on_hold"
    NO_IMAGES = "no_images"


def is_open(session: Mapping[str, Any] | None) -> bool:
    """Say whether a session's gallery stands online, expired or not."""
    return session is not None and session["gallery_state"] in OPEN


def state_on(web_expire_date: date | None, today: date) -> GalleryState:
    """Return where an open gallery stands on a day: it expires on its very date, and never without one."""
    is_over = web_expire_date is not None and web_expire_date <= today
    return GalleryState.EXPIRED if is_over else GalleryState.ONLINE


def hidden_because(session: Mapping[str, Any], company: Mapping[str, Any], today: date) -> tuple[Hidden, ...]:
    """Return why the client does not see the gallery of a session; nothing where the client does.

    Both records are in JSON form. Usually a gallery that stands online is seen until it is taken down: its
    date passing closes nothing. Where the company has expired galleries hidden, the session must be marked as
    shown online, lie in the past, be neither cancelled nor on hold, have images, and expire after `today`,
    the day in the company's zone, by which it is judged whatever its state has come to.
    """
    if not company["has_galleries"]:
        return (Hidden.GALLERIES_OFF,)
    if not is_open(session):
        return (Hidden.NOT_ONLINE,)
    return tuple(_hiding(session, today)) if company["is_expired_gallery_hidden"] else ()


def _hiding(session: Mapping[str, Any], today: date) -> Iterator[Hidden]:
    expires, held = session["web_expire_date"], session["date"]
    if state_on(date.fromisoformat(expires) if expires else None, today) is GalleryState.EXPIRED:
        yield Hidden.EXPIRED
    if not session["is_shown_online"]:
        yield Hidden.NOT_SHOWN_ONLINE
    if held is None or date.fromisoformat(held) >= today:
        yield Hidden.NOT_HELD
    if session["is_cancelled"]:
        yield Hidden.CANCELLED
    if session["is_on_hold"]:
        yield Hidden.ON_HOLD
    if not session["gallery_images"]:
        yield Hidden.NO_IMAGES
