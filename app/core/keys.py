"""The keys of one installation: those that sign and verify tokens, and the secret others are derived from."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.core.settings import Settings

_SECRET_BYTES = 32
_END = "-----END "


class WeakKey(Exception):
    """A key file is missing, unreadable or too weak; the server does not start with it."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """One ES256 key that signs, all that verify by their id, and a secret.

    All keys are PEM text. `public_jwk` is what a phone verifies a wipe order with.
    """

    signing_id: str
    signing_key: str
    verifying: Mapping[str, str]
    public_jwk: Mapping[str, str]
    secret: bytes

    def derived(self, purpose: str) -> bytes:
        """Return a key of 32 bytes for one purpose; no purpose's key tells anything of another's."""
        return hmac.digest(self.secret, purpose.encode(), "sha256")


def load_keys(settings: Settings) -> KeyRing:
    """Read the keys the settings name, or those under the data directory, made at the first start.

    A key file may hold several PEM blocks: the first is a private key and signs, the others, private or
    public, only verify. So a key is rotated by putting a new one in front, and taking the old one out when
    the last token it signed has ended.
    """
    kept = settings.data_dir / "keys"
    pem = key_file(settings.signing_key_file, kept / "signing.pem", _new_signing_key)
    secret = key_file(
        settings.cursor_key_file, kept / "cursor.key", lambda: secrets.token_bytes(_SECRET_BYTES)
    )
    if len(secret) < _SECRET_BYTES or len(set(secret)) < _SECRET_BYTES // 4:
        raise WeakKey("the cursor key must be at least 32 random bytes")
    return _ring(pem.decode("ascii", "replace"), secret)


def _ring(text: str, secret: bytes) -> KeyRing:
    blocks = [f"-----BEGIN {block}" for block in text.split("-----BEGIN ")[1:] if _END in block]
    if not blocks:
        raise WeakKey("the signing key file holds no PEM block")
    signing, *retired = [_key(block) for block in blocks]
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise WeakKey("the first key of the signing key file must be a private key")
    public = [signing.public_key()]
    public += [key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key for key in retired]
    jwk = _jwk(public[0])
    return KeyRing(
        signing_id=jwk["kid"],
        signing_key=_private_pem(signing).decode(),
        verifying=MappingProxyType({_jwk(key)["kid"]: _public_pem(key) for key in public}),
        public_jwk=MappingProxyType(jwk),
        secret=secret,
    )


def _key(block: str) -> ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey:
    try:
        if "PUBLIC KEY" in block.splitlines()[0]:
            key: object = load_pem_public_key(block.encode())
        else:
            key = load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise WeakKey("a key of the signing key file cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        raise WeakKey("a signing key must be an elliptic curve key")
    if not isinstance(key.curve, ec.SECP256R1):
        raise WeakKey("a signing key must be on the curve P-256")
    return key


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Describe a public key; its id is its thumbprint (RFC 7638)."""
    numbers = key.public_numbers()
    x, y = (_base64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    thumbprint = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": x,
        "y": y,
        "alg": "ES256",
        "use": "sig",
        "kid": _base64(thumbprint),
    }


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _public_pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_signing_key() -> bytes:
    return _private_pem(ec.generate_private_key(ec.SECP256R1()))


def key_file(named: Path | None, kept: Path, make: Callable[[], bytes]) -> bytes:
    """Return what the key file the settings name holds, or the kept one, which is made when there is none."""
    if named is None and not kept.exists():
        _keep(kept, make())
    try:
        return (named or kept).read_bytes()
    except OSError as error:
        raise WeakKey(f"the key file {named or kept} cannot be read") from error


def _keep(path: Path, contents: bytes) -> None:
    """Write a new key for the owner's eyes only.

    A link, unlike a rename, never replaces: of several workers that start together one's key is kept, whole.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another worker was first, and its key is as good
    finally:
        draft.unlink()
