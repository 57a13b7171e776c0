"""Which copy of a record a request is about, by `If-Match` and `If-None-Match` (RFC 9110)."""

import re
from typing import Annotated

from fastapi import Depends, Header

_TAGS = r'^(\*|(W/)?"[\x21\x23-\x7e]*"( *, *(W/)?"[\x21\x23-\x7e]*")*)$'
_TAG = re.compile(r'(W/)?("[^"]*")')
_LONGEST = 1_000
ANY = "*"


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            pattern=_TAGS,
            max_length=_LONGEST,
            description="The `ETag` of the copy that was shown, or `*` for whatever is there now.",
            examples=['"17"'],
        ),
    ] = None,
) -> str | None:
    return if_match


async def _known(
    if_none_match: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            pattern=_TAGS,
            max_length=_LONGEST,
            description="The `ETag` of the copy that is at hand: 304 if there is no other.",
            examples=['"17"'],
        ),
    ] = None,
) -> str | None:
    return if_none_match


Expected = Annotated[str | None, Depends(_expected)]
Known = Annotated[str | None, Depends(_known)]


def is_expected(tags: str, current: str) -> bool:
    """Say whether a change of the current copy is asked for: a weak tag is about no copy in particular."""
    return tags == ANY or current in (tag for weak, tag in _TAG.findall(tags) if not weak)


def is_known(tags: str, current: str) -> bool:
    """Say whether who asks has the current copy."""
    return tags == ANY or current in (tag for _, tag in _TAG.findall(tags))
