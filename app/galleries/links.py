"""Links to files of pictures: signed, good for an hour or two, the same for all who ask within the hour."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is named in small letters there
from uuid import UUID

from app.core import clock
from app.core.keys import KeyRing
from app.galleries.files import Place, Size
from app.galleries.kinds import MediaType

PATH = "/v1/picture-files"
HOUR = 3_600
LONGEST = 1_000
"""Characters of a link's last part."""
_PURPOSE = "links of pictures"
_SIGNED = 16
"""Bytes of the signature."""
_HEAD = Struct(">BB?II16s16s16s")
_SIZES = list(Size)
_TYPES = list(MediaType)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to: a file, how it is named and what it is, and the instant until which it does.

    One that is not for a desk leads there only while the gallery shows the picture to its client.
    """

    place: Place
    size: Size
    media_type: MediaType
    name: str
    until: datetime
    is_for_desk: bool


def link(
    keys: KeyRing,
    place: Place,
    size: Size,
    media_type: MediaType,
    name: str,
    *,
    rendered_as_of: datetime | None,
    is_for_desk: bool = False,
) -> str:
    """Return the address of a file for whoever is to see it: a path of this server, open to all who have it.

    It is good until the end of the next hour. So a page that is shown again has the addresses it had before,
    and what a browser has kept. Smaller sizes that are made anew have another address.
    """
    until = (int(clock.now().timestamp()) // HOUR + 2) * HOUR
    told = _HEAD.pack(
        _SIZES.index(size),
        _TYPES.index(media_type if size is Size.ORIGINAL else MediaType.JPEG),
        is_for_desk,
        until,
        _mark(rendered_as_of if size is not Size.ORIGINAL else None),
        place.account_id.bytes,
        place.session_id.bytes,
        place.picture_id.bytes,
    )
    told += name.encode()
    return f"{PATH}/{urlsafe_b64encode(_signature(keys, told) + told).decode().rstrip('=')}"


def opened(keys: KeyRing, text: str) -> Link | None:
    """Return what the last part of a link leads to, or has led to; none of one that is not ours."""
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signature, told = found[:_SIGNED], found[_SIGNED:]
        if not hmac.compare_digest(signature, _signature(keys, told)):
            return None
        size, media_type, is_for_desk, until, _, *ids = _HEAD.unpack(told[: _HEAD.size])
    except (ValueError, StructError):
        return None
    ends = datetime.fromtimestamp(until, UTC)
    place = Place(*(UUID(bytes=each) for each in ids))
    return Link(place, _SIZES[size], _TYPES[media_type], told[_HEAD.size :].decode(), ends, is_for_desk)


def _mark(rendered_as_of: datetime | None) -> int:
    """Return what is another for other settings."""
    return int(rendered_as_of.timestamp() * 1_000) % 2**32 if rendered_as_of else 0


def _signature(keys: KeyRing, told: bytes) -> bytes:
    return hmac.digest(keys.derived(_PURPOSE), told, "sha256")[:_SIGNED]
