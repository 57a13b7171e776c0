"""Chance that repeats itself: the same seed and place give the same throws."""

from collections.abc import Sequence
from hashlib import md5
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")
_CLEAR = ~((0xF << 76) | (0x3 << 62)) & ((1 << 128) - 1)
_MARKED = (0x8 << 76) | (0x2 << 62)


def lasting_id(seed: int, *place: object) -> UUID:
    """Return the id of a thing that others may name before or after it is made."""
    digest = md5(repr((seed, *place)).encode(), usedforsecurity=False).digest()
    return _version_8(int.from_bytes(digest, "big"))


def _version_8(bits: int) -> UUID:
    """Return the UUID of the version that is free to be made of anything (RFC 9562)."""
    return UUID(int=bits & _CLEAR | _MARKED)


class Dice:
    """The throws of one place in the story."""

    def __init__(self, seed: int, *place: object) -> None:
        """Begin the throws of a place, say one client's."""
        random = Random(repr((seed, *place)))  # noqa: S311 - a demo must be repeatable, not secret
        self._throw = random.random
        self._bits = random.getrandbits

    def chance(self, likely: float) -> bool:
        """Return true in so many of one case."""
        return self._throw() < likely

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._throw() * (high - low + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of several things."""
        return choices[int(self._throw() * len(choices))]

    def record_id(self) -> UUID:
        """Return the next id, a UUID of version 8."""
        return _version_8(self._bits(128))
