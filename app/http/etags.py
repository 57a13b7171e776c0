"""Versions as HTTP writes them, and the one a change is about."""

from typing import Annotated, Any

from fastapi import Depends, Header


def etag(version: int) -> str:
    """Return the entity tag of a version: its number in quotes."""
    return f'"{version}"'


TAGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "The `version` in quotes, to be sent as `If-Match`.",
                "schema": {"type": "string", "examples": ['"3"']},
            }
        }
    }
}
"""What a route whose answer has a version tells of its headers."""


def made_at(what: str, example: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route tells of the headers of something it has made: its version, and where it is."""
    where = {
        "description": f"Where the {what} is.",
        "schema": {"type": "string", "examples": [example]},
    }
    return {201: {"headers": {**TAGGED[200]["headers"], "Location": where}}}


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            pattern=r'^"[0-9]{1,15}"$',
            alias="If-Match",
            description="The `ETag` that was read: refuse when somebody else was faster.",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    return None if if_match is None else int(if_match.strip('"'))


ExpectedVersion = Annotated[int | None, Depends(_expected)]
"""The version a change is about, by `If-Match`."""
