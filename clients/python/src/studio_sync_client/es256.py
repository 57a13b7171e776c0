"""Verifying ES256 signatures (RFC 7518, 3.4): ECDSA on P-256 with SHA-256.

Here because the standard library has none. It handles public values only, so that it need not hide how long
it takes; it must not be used to sign.
"""

from hashlib import sha256

Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_SIZE = 32


def verifies(x: int, y: int, message: bytes, signature: bytes) -> bool:
    """Say whether the holder of the public key (x, y) signed the message; `signature` is r, then s."""
    r, s = int.from_bytes(signature[:_SIZE]), int.from_bytes(signature[_SIZE:])
    is_formed = len(signature) == 2 * _SIZE and 0 < r < _ORDER and 0 < s < _ORDER
    if not is_formed or not _is_on_curve(x, y):
        return False
    inverse = pow(s, -1, _ORDER)
    digest = int.from_bytes(sha256(message).digest())
    point = _add(_times(digest * inverse % _ORDER, _BASE), _times(r * inverse % _ORDER, (x, y)))
    return point is not None and point[0] % _ORDER == r


def _is_on_curve(x: int, y: int) -> bool:
    return 0 <= x < _P and 0 <= y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def _times(factor: int, point: Point) -> Point:
    product: Point = None
    while factor:
        if factor & 1:
            product = _add(product, point)
        point = _add(point, point)
        factor >>= 1
    return product


def _add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P
