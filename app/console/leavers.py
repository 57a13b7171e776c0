"""Phones that go on being let in, as far as their rows tell, though their users are inactive."""

from collections.abc import Mapping

from app.console.api import Api, Record


async def phones_left(api: Api, people: Mapping[str, Record]) -> list[Record]:
    """Return the phones of inactive users that nobody has shut out: each has its copy, and takes a place."""
    told = await api.get("/v1/devices", is_inactive="false")
    return [each for each in told["devices"] if is_left(each, people)]


def is_left(device: Record, people: Mapping[str, Record]) -> bool:
    """Say whether a phone is not shut out though its user is inactive."""
    person = people.get(device["user_id"])
    return bool(device["is_bound"] and not device["is_inactive"] and person and person["is_inactive"])
