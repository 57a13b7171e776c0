"""Secrets at rest: sealed for one account and one purpose, under keys that can be exchanged."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.keys import WeakKey, key_file
from app.core.settings import Settings

_KEY_BYTES = 32
KEY_ID_BYTES = 8
"""What is sealed begins with so many that tell by which key."""
_NONCE_BYTES = 12


class SealBroken(Exception):
    """What was sealed does not open: its key is gone, or it was sealed for something else."""


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Seals by the newest key, and opens what any of its keys has sealed."""

    newest: bytes
    _keys: Mapping[bytes, AESGCM]

    def seal(self, account_id: UUID, purpose: str, secret: str) -> bytes:
        """Return a secret sealed: the id of the key, a nonce of its own, and what nobody reads without it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self.newest].encrypt(nonce, secret.encode(), _about(account_id, purpose))
        return self.newest + nonce + sealed

    def open(self, account_id: UUID, purpose: str, sealed: bytes) -> str:
        """Return a secret that was sealed for the same account and purpose; raises `SealBroken`."""
        key = self._keys.get(sealed[:KEY_ID_BYTES])
        if key is None:
            raise SealBroken("the key is not among those of the vault")
        nonce, rest = (
            sealed[KEY_ID_BYTES : KEY_ID_BYTES + _NONCE_BYTES],
            sealed[KEY_ID_BYTES + _NONCE_BYTES :],
        )
        try:
            return key.decrypt(nonce, rest, _about(account_id, purpose)).decode()
        except (InvalidTag, ValueError):
            raise SealBroken("it was sealed for something else, or changed since") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Say whether something was sealed by the newest key."""
        return sealed[:KEY_ID_BYTES] == self.newest


def load_vault(settings: Settings) -> Vault:
    """Read the keys the settings name, or those under the data directory, made at the first start.

    Each line is 32 random bytes in Base64. The first seals, all open.
    """
    kept = settings.data_dir / "keys" / "vault.keys"
    lines = key_file(settings.vault_key_file, kept, _new_line).decode("ascii", "replace").split()
    keys = [_key(line) for line in lines]
    if not keys:
        raise WeakKey("the vault's key file holds no key")
    known = {sha256(key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in keys}
    return Vault(sha256(keys[0]).digest()[:KEY_ID_BYTES], MappingProxyType(known))


def _key(line: str) -> bytes:
    try:
        key = b64decode(line, validate=True)
    except ValueError:
        raise WeakKey("a line of the vault's key file is not Base64") from None
    if len(key) != _KEY_BYTES or len(set(key)) < _KEY_BYTES // 4:
        raise WeakKey("a key of the vault must be 32 random bytes")
    return key


def _new_line() -> bytes:
    return b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n"


def _about(account_id: UUID, purpose: str) -> bytes:
    return account_id.bytes + purpose.encode()
