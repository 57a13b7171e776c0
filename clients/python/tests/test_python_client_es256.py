"""Signatures that others made are told from those they did not make."""

from random import Random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from studio_sync_client.es256 import verifies

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_a_signature_is_good_for_its_key_and_message_alone() -> None:
    random = Random(7)  # noqa: S311 - a repeatable test, no secret
    for _ in range(4):
        x, y, message, signature = _signed(random)
        assert verifies(x, y, message, signature)
        assert not verifies(x, y, message + b".", signature)
        spoilt = bytearray(signature)
        spoilt[random.randrange(64)] ^= 1 << random.randrange(8)
        assert not verifies(x, y, message, bytes(spoilt))
        other = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
        assert not verifies(other.x, other.y, message, signature)


def test_what_is_no_signature_or_no_key_is_refused() -> None:
    x, y, message, signature = _signed(Random(8))  # noqa: S311 - the same
    r, s = signature[:32], signature[32:]
    zero, order, past = bytes(32), ORDER.to_bytes(32), (ORDER + 1).to_bytes(32)
    for bad in (b"", r, signature + b"\0", zero + zero, zero + s, r + zero, order + s, r + order, past + s):
        assert not verifies(x, y, message, bad)
    for key in ((0, 0), (x, y + 1), (x, -y), (x + 2**256, y), (y, x)):
        assert not verifies(*key, message, signature)


def _signed(random: Random) -> tuple[int, int, bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    message = random.randbytes(random.randrange(200))
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    public = key.public_key().public_numbers()
    return public.x, public.y, message, r.to_bytes(32) + s.to_bytes(32)
