"""Pictures of the demo studio: harbours at some hour of the day, drawn row by row and written as PNG."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from app.demo.dice import Dice

Colour = tuple[int, int, int]
Span = tuple[float, float, Colour]
"""From where to where a row has a colour; ends are blended with what is below."""
_LONG, _SHORT = 750, 500
"""Pixels."""


@dataclass(frozen=True, slots=True)
class _Light:
    """The colours of an hour: the sky above and at the horizon, the sea there and at the shore, and more."""

    high: Colour
    low: Colour
    far: Colour
    near: Colour
    hills: Colour
    sun: Colour


_HOURS = (
    _Light(
        (126, 158, 196), (252, 219, 180), (176, 171, 172), (66, 92, 116), (112, 118, 140), (255, 244, 214)
    ),
    _Light((74, 144, 205), (214, 236, 246), (92, 158, 190), (24, 84, 128), (86, 124, 112), (255, 253, 238)),
    _Light(
        (112, 152, 178), (238, 232, 212), (128, 162, 166), (44, 88, 102), (104, 122, 104), (255, 248, 222)
    ),
    _Light((56, 52, 104), (245, 150, 98), (158, 104, 112), (34, 40, 84), (62, 52, 88), (255, 224, 160)),
)
_SAILS: tuple[Colour, ...] = ((250, 246, 236), (240, 226, 204), (206, 84, 66), (236, 190, 92))
_HULL: Colour = (58, 44, 42)
_WAVES, _CREST = 5, 2
"""How many rows there are from wave to wave, and how many of them glitter."""
_DECK, _BOOM, _MAST = 0.16, 0.18, 1.5
"""How high these are above the waterline, as a share of a boat's size."""


@dataclass(frozen=True, slots=True)
class _Boat:
    """A boat: the middle of its waterline, how large it is, and the colour of its sail."""

    x: float
    y: float
    size: float
    sail: Colour


def painted(dice: Dice) -> bytes:
    """Return a picture, lying or upright, as a PNG of some 10 kB."""
    is_upright = dice.chance(0.3)
    width, height = (_SHORT, _LONG) if is_upright else (_LONG, _SHORT)
    light = dice.one_of(_HOURS)
    horizon = height * dice.between(48, 66) // 100
    sun = (width * dice.between(15, 85) / 100, horizon - height * dice.between(5, 30) / 100, height / 15)
    hills = [
        (width * dice.between(-10, 110) / 100, width * dice.between(18, 45) / 100, height * n / 40)
        for n in (5, 4, 3)
    ]
    boats = [
        _Boat(
            width * dice.between(12, 88) / 100,
            horizon + (height - horizon) * place / 100,
            height * (6 + place / 4) / 100,
            dice.one_of(_SAILS),
        )
        for place in sorted(dice.between(8, 70) for _ in range(dice.between(1, 3)))
    ]
    rows = []
    for y in range(height):
        if y < horizon:
            ground = _between(light.high, light.low, y / horizon)
            spans = [
                *_disc(*sun, y, light.sun),
                *(each for hill in hills for each in _hill(hill, horizon, y, light)),
            ]
        else:
            ground = _between(light.far, light.near, (y - horizon) / (height - horizon))
            spans = list(_glitter(dice, sun[0], y - horizon, ground, light.sun))
        for boat in boats:
            spans += _boat(boat, y)
        rows.append(_row(width, ground, spans))
    return _png(width, height, rows)


def _disc(x: float, middle: float, radius: float, y: int, colour: Colour) -> Iterator[Span]:
    if abs(y - middle) < radius:
        half = sqrt(radius**2 - (y - middle) ** 2)
        yield x - half, x + half, colour


def _hill(hill: tuple[float, float, float], horizon: int, y: int, light: _Light) -> Iterator[Span]:
    x, half, high = hill
    above = (horizon - y) / high
    if above < 1:
        wide = half * sqrt(1 - above**2)
        yield x - wide, x + wide, _between(light.low, light.hills, 0.5 + 0.5 * high / horizon)


def _glitter(dice: Dice, x: float, below: int, ground: Colour, sun: Colour) -> Iterator[Span]:
    if below % _WAVES < _CREST and dice.chance(0.8):
        half, aside = dice.between(4, 14 + below // 4), dice.between(-8 - below // 8, 8 + below // 8)
        yield x + aside - half, x + aside + half, _between(ground, sun, 0.45)


def _boat(boat: _Boat, y: int) -> Iterator[Span]:
    """Yield what a row has of a boat: two sails above a hull."""
    up = (boat.y - y) / boat.size
    if 0 <= up < _DECK:
        half = boat.size * (0.34 + up)
        yield boat.x - half, boat.x + half, _HULL
    elif _BOOM <= up < _MAST:
        yield boat.x + 1, boat.x + 1 + boat.size * 0.42 * (_MAST - up), boat.sail
        fore = boat.size * 0.3 * max(0.0, 1.3 - up)
        yield boat.x - 2 - fore, boat.x - 2, _between(boat.sail, (255, 255, 255), 0.35)


def _row(width: int, ground: Colour, spans: list[Span]) -> bytes:
    row = bytearray(bytes(ground) * width)
    for begin, end, colour in spans:
        left, right = max(0.0, begin), min(float(width), end)
        if left >= right:
            continue
        first, last = int(left), int(right)
        if first + 1 < last:
            row[3 * (first + 1) : 3 * last] = bytes(colour) * (last - first - 1)
        _blend(row, first, colour, min(first + 1, right) - left)
        if first < last < width:
            _blend(row, last, colour, right - last)
    return bytes(row)


def _blend(row: bytearray, x: int, colour: Colour, share: float) -> None:
    there = (row[3 * x], row[3 * x + 1], row[3 * x + 2])
    row[3 * x : 3 * x + 3] = bytes(_between(there, colour, share))


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        told = kind + content
        return struct.pack(">I", len(content)) + told + struct.pack(">I", zlib.crc32(told))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
