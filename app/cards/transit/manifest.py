"""The manifest of TransIT's hosted field: by it the processor knows for whom a card is typed in, and when.

As public clients make it: the merchant, the device, the amount and the day, padded to 64 characters, under
AES-128-CBC with the first 16 characters of the transaction key as key and as vector; four characters of an
HMAC on either side. One of two SDKs makes that by MD5, the other by SHA-256: that it is MD5 here is assumed.
"""

import hmac
from datetime import date

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

_KEY_CHARACTERS = 16
_ENDS = 4


def manifest(merchant_id: str, device_id: str, key: str, minor: int, day: date) -> str:
    """Return the manifest for one checkout; the same on the same day."""
    plain = f"{merchant_id:<20}{device_id:<24}{minor:012}{day:%m%d%Y}".encode()
    start = key[:_KEY_CHARACTERS].encode()
    encryptor = Cipher(AES128(start), CBC(start)).encryptor()
    sealed = (encryptor.update(plain) + encryptor.finalize()).hex()
    mac = hmac.digest(key.encode(), key.encode(), "md5").hex()
    return f"{mac[:_ENDS]}{sealed}{mac[-_ENDS:]}"
