"""The keys of an installation: made once, rotated without a break, and never weak."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.accounts.tokens import Claims, issue_access, verify_access
from app.core.errors import AppError
from app.core.keys import WeakKey, load_keys
from app.core.settings import Settings


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first, second = (load_keys(Settings(data_dir=tmp_path / "data")) for _ in range(2))
    assert first == second
    files = list((tmp_path / "data" / "keys").iterdir())
    assert sorted(file.name for file in files) == ["cursor.key", "signing.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_workers_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        rings = list(threads.map(lambda _: load_keys(Settings(data_dir=tmp_path)), range(16)))
    assert len({(ring.signing_id, ring.secret) for ring in rings}) == 1


def test_tokens_outlive_a_rotation_and_not_the_key(tmp_path: Path) -> None:
    old, new = (pem(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    file = tmp_path / "keys.pem"
    rings = []
    for contents in (old, new + old, new):
        file.write_bytes(contents)
        rings.append(load_keys(Settings(data_dir=tmp_path, signing_key_file=file)))
    mine = Claims(uuid4(), uuid4(), uuid4(), None)
    token = issue_access(rings[0], mine)
    assert verify_access(rings[1], token) == mine
    assert verify_access(rings[2], issue_access(rings[1], mine)) == mine
    with pytest.raises(AppError):
        verify_access(rings[2], token)


WEAK = {
    "empty": b"",
    "rubbish": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "another curve": pem(ec.generate_private_key(ec.SECP384R1())),
    "RSA": pem(rsa.generate_private_key(65537, 2048)),
}


@pytest.mark.parametrize("contents", WEAK.values(), ids=WEAK)
def test_a_weak_signing_key_stops_the_start(tmp_path: Path, contents: bytes) -> None:
    file = tmp_path / "signing.pem"
    file.write_bytes(contents)
    with pytest.raises(WeakKey):
        load_keys(Settings(data_dir=tmp_path, signing_key_file=file))


@pytest.mark.parametrize("secret", [b"", b"short", b"\0" * 64])
def test_a_weak_cursor_key_stops_the_start(tmp_path: Path, secret: bytes) -> None:
    file = tmp_path / "cursor.key"
    file.write_bytes(secret)
    with pytest.raises(WeakKey):
        load_keys(Settings(data_dir=tmp_path, cursor_key_file=file))


def test_a_key_that_is_named_and_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(WeakKey):
        load_keys(Settings(data_dir=tmp_path, signing_key_file=tmp_path / "missing.pem"))


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    keys = load_keys(Settings(data_dir=tmp_path))
    other = replace(keys, secret=os.urandom(32))
    assert len({keys.derived("cursor"), keys.derived("refresh"), other.derived("cursor")}) == 3
