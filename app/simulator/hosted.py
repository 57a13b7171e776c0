"""The hosted field: a manifest and a test card become a token that is good once."""

import hashlib
import hmac
import re
import secrets
import string
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.simulator.cards import Card, published
from app.simulator.ledger import Ledger, Row, stamp
from app.simulator.merchants import Merchants

_MID, _DEVICE, _AMOUNT, _DAY = slice(0, 20), slice(20, 44), slice(44, 56), slice(56, 64)
_MARK = 4
_SEALED = 128
_MANIFEST = _SEALED + 2 * _MARK
_EXPIRY = re.compile("(0[1-9]|1[0-2])/20[0-9]{2}")


class FieldRefused(Exception):
    """The hosted field takes no card with this manifest, or not this card; no digit of it is repeated."""


def mark_of(key: str) -> str:
    """Return what stands around a manifest: four characters from either end of the key's HMAC with itself."""
    # MD5 is what both public SDKs take; it guards nothing but a simulator here.
    told = hmac.new(key.encode(), key.encode(), hashlib.md5).hexdigest()
    return told[:_MARK] + told[-_MARK:]


def new_token(last_four: str) -> str:
    """Return a token: letters, so that nobody takes it for a number, and the last four digits."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(20)) + last_four


class HostedField:
    """Gives tokens for test cards."""

    def __init__(self, ledger: Ledger, merchants: Merchants) -> None:
        self._ledger = ledger
        self._merchants = merchants

    def token_for(self, asked: Any) -> dict[str, str]:
        """Return a temporary token for `manifest`, `cardNumber` and `expirationDate` (MM/YYYY).

        Raises:
            FieldRefused: something about them is wrong.

        """
        if not isinstance(asked, dict) or not all(isinstance(each, str) for each in asked.values()):
            raise FieldRefused("This is no object of texts.")
        mid = self._merchant_of(asked.get("manifest", ""), asked.get("deviceID"))
        card = published(asked.get("cardNumber", ""), asked.get("expirationDate", ""))
        if card is None:
            raise FieldRefused("This is no published test number; the simulator takes no other.")
        if not _EXPIRY.fullmatch(card.expiry):
            raise FieldRefused("expirationDate is not MM/YYYY.")
        return self._given(mid, card)

    def _given(self, mid: str, card: Card) -> dict[str, str]:
        expires = self._ledger.now() + timedelta(seconds=self._ledger.knobs.token_seconds)
        token = new_token(card.last_four)
        with self._ledger.writing():
            self._ledger.insert(
                "tokens",
                token=token,
                mid=mid,
                brand=card.brand,
                last_four=card.last_four,
                expiry=card.expiry,
                behaviour=card.behaviour,
                expires_at=stamp(expires),
            )
        return {
            "tsepToken": token,
            "cardType": card.brand,
            "maskedCardNumber": card.last_four,
            "expirationDate": card.expiry,
        }

    def _merchant_of(self, manifest: str, device: str | None) -> str:
        """Return the merchant a manifest is of, once all that can be told of it holds."""
        if len(manifest) != _MANIFEST or not set(manifest) <= set("0123456789abcdef"):
            raise FieldRefused("The manifest is not in its form.")
        for key in self._keys_of(manifest[:_MARK] + manifest[-_MARK:]):
            told = _opened(bytes.fromhex(manifest[_MARK:-_MARK]), key["key"])
            if told is not None and self._holds(told, key, device):
                return str(key["mid"])
        raise FieldRefused(
            "The manifest is not of a key that is good, of its merchant and device, and of today."
        )

    def _keys_of(self, mark: str) -> list[Row]:
        now = stamp(self._ledger.now())
        return self._ledger.rows("SELECT * FROM keys WHERE mark = ? AND expires_at > ?", mark, now)

    def _holds(self, told: str, key: Row, device: str | None) -> bool:
        named = told[_DEVICE].rstrip(" ")
        merchant = self._merchants.of_device(named)
        return (
            merchant is not None
            and merchant.devices[named]
            and merchant.mid == told[_MID].rstrip(" ") == key["mid"]
            and device in {None, named}
            and told[_AMOUNT].isdecimal()
            and told[_DAY] in self._days()
        )

    def _days(self) -> set[str]:
        """Return today and the days beside it: which zone the processor counts in is not known."""
        return {f"{self._ledger.now() + timedelta(days=each):%m%d%Y}" for each in (-1, 0, 1)}


def _opened(sealed: bytes, key: str) -> str | None:
    half = key.encode()[:16]
    opening = Cipher(AES(half), CBC(half)).decryptor()
    try:
        return (opening.update(sealed) + opening.finalize()).decode("ascii")
    except UnicodeDecodeError:
        return None
