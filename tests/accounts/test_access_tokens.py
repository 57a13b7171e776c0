"""Attacks on access tokens: whatever is sent, the answer is 401 and never an error of the server."""

import ast
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.accounts.tokens import Claims, WipeOrder, issue_access, issue_wipe, verify_access
from app.core.clock import now
from app.core.errors import AppError
from app.core.keys import KeyRing
from tests.accounts.studios import Studio

Forge = Callable[[KeyRing], str]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def dumped(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def signed(keys: KeyRing, header: Any, claims: Any, pem: str | None = None) -> str:
    """Sign anything at all as ES256, with our key or another."""
    text = f"{encode(dumped(header))}.{encode(dumped(claims))}"
    key = load_pem_private_key((pem or keys.signing_key).encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def header(keys: KeyRing, **changed: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "at+jwt", "kid": keys.signing_id, **changed}


def claims(**changed: Any) -> dict[str, Any]:
    issued = int(time.time())
    good = {
        "iss": "studio",
        "aud": "studio-api",
        "sub": str(uuid4()),
        "iat": issued,
        "exp": issued + 900,
        "acc": str(uuid4()),
        "sid": str(uuid4()),
        "dev": str(uuid4()),
    }
    return {name: value for name, value in {**good, **changed}.items() if value != "absent"}


def keyed(algorithm: str, public: Callable[[KeyRing], bytes]) -> Forge:
    """Use our public key, in some encoding, as the secret of a MAC."""

    def forge(keys: KeyRing) -> str:
        text = f"{encode(dumped(header(keys, alg=algorithm)))}.{encode(dumped(claims()))}"
        digest = hmac.digest(public(keys), text.encode(), hashlib.sha256)
        return f"{text}.{encode(digest)}"

    return forge


def public_bytes(encoding: Encoding, form: PublicFormat) -> Callable[[KeyRing], bytes]:
    def render(keys: KeyRing) -> bytes:
        return load_pem_public_key(keys.verifying[keys.signing_id].encode()).public_bytes(encoding, form)

    return render


def unsigned(algorithm: str) -> Forge:
    return lambda keys: f"{encode(dumped(header(keys, alg=algorithm)))}.{encode(dumped(claims()))}."


def with_header(**changed: Any) -> Forge:
    return lambda keys: signed(keys, header(keys, **changed), claims())


def with_claims(**changed: Any) -> Forge:
    return lambda keys: signed(keys, header(keys), claims(**changed))


def changed_payload(keys: KeyRing) -> str:
    first, _, last = signed(keys, header(keys), claims()).split(".")
    return f"{first}.{encode(dumped(claims(sub=str(uuid4()))))}.{last}"


def duplicate_claims(keys: KeyRing) -> str:
    return signed(keys, header(keys), dumped(claims())[:-1] + b',"sub":"x"}')


def duplicate_header(keys: KeyRing) -> str:
    return signed(keys, dumped(header(keys))[:-1] + b',"alg":"ES256"}', claims())


def good(keys: KeyRing) -> str:
    return signed(keys, header(keys), claims())


def wipe_order(keys: KeyRing) -> str:
    return issue_wipe(keys, WipeOrder(uuid4(), uuid4(), uuid4(), uuid4()))


def nested_header(keys: KeyRing) -> str:
    return f"{encode(b'[' * 100_000)}.{encode(dumped(claims()))}.{encode(keys.secret)}"


PEM, DER, SSH = Encoding.PEM, Encoding.DER, Encoding.OpenSSH
INFO = PublicFormat.SubjectPublicKeyInfo
ATTACKS: dict[str, Forge] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "alg ES256 without a signature": unsigned("ES256"),
    "HS256 with our PEM": keyed("HS256", public_bytes(PEM, INFO)),
    "HS256 with our DER": keyed("HS256", public_bytes(DER, INFO)),
    "HS256 with our OpenSSH key": keyed("HS256", public_bytes(SSH, PublicFormat.OpenSSH)),
    "HS256 with our JWK": keyed("HS256", lambda keys: dumped(dict(keys.public_jwk))),
    "HS256 with our point": keyed("HS256", public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
    "HS256 with nothing": keyed("HS256", lambda _: b""),
    "a MAC called ES256": keyed("ES256", public_bytes(DER, INFO)),
    "alg RS256": with_header(alg="RS256"),
    "alg ES384": with_header(alg="ES384"),
    "alg as a list": with_header(alg=["ES256"]),
    "kid unknown": with_header(kid="unknown"),
    "kid a path": with_header(kid="../../../../dev/null"),
    "kid SQL": with_header(kid="' UNION SELECT 'key' --"),
    "kid of 10 KB": with_header(kid="k" * 10_000),
    "kid a number": with_header(kid=1),
    "kid missing": lambda keys: signed(keys, {"alg": "ES256", "typ": "at+jwt"}, claims()),
    "jku": with_header(jku="https://example.com/keys"),
    "x5u": with_header(x5u="https://example.com/cert"),
    "jwk": with_header(jwk={"kty": "EC"}),
    "x5c": with_header(x5c=["MIIB"]),
    "crit": with_header(crit=["b64"]),
    "b64": with_header(b64=False),
    "zip": with_header(zip="DEF"),
    "typ missing": lambda keys: signed(keys, {"alg": "ES256", "kid": keys.signing_id}, claims()),
    "typ JWT": with_header(typ="JWT"),
    "typ of a wipe order": with_header(typ="wipe+jwt"),
    "header a list": lambda keys: signed(keys, [], claims()),
    "header not JSON": lambda keys: signed(keys, b"{", claims()),
    "header duplicated": duplicate_header,
    "header nested": nested_header,
    "aud missing": with_claims(aud="absent"),
    "aud wrong": with_claims(aud="studio-device"),
    "aud a list": with_claims(aud=["studio-api"]),
    "iss missing": with_claims(iss="absent"),
    "iss wrong": with_claims(iss="somebody"),
    "sub missing": with_claims(sub="absent"),
    "sub no id": with_claims(sub="me"),
    "sub a number": with_claims(sub=7),
    "acc missing": with_claims(acc="absent"),
    "sid missing": with_claims(sid="absent"),
    "dev missing": with_claims(dev="absent"),
    "dev no id": with_claims(dev="phone"),
    "iat missing": with_claims(iat="absent"),
    "iat in the future": with_claims(iat=int(time.time()) + 600),
    "iat a string": with_claims(iat="0"),
    "exp missing": with_claims(exp="absent"),
    "exp a string": with_claims(exp="9999999999"),
    "exp a float": with_claims(exp=time.time() + 60),
    "exp infinite": lambda keys: signed(keys, header(keys), {**claims(), "exp": float("inf")}),
    "exp true": with_claims(exp=True),
    "exp huge": with_claims(exp=10**100),
    "exp negative": with_claims(exp=-1),
    "a life of an hour": with_claims(exp=int(time.time()) + 3600),
    "a claim too many": with_claims(admin=True),
    "claims duplicated": duplicate_claims,
    "claims a list": lambda keys: signed(keys, header(keys), [1]),
    "claims nested": lambda keys: signed(keys, header(keys), b"[" * 2000 + b"]" * 2000),
    "claims changed": changed_payload,
    "signed by another": lambda keys: signed(keys, header(keys), claims(), other_key()),
    "a wipe order": wipe_order,
    "a JWE": lambda keys: f"{good(keys)}.{encode(keys.secret)}.{encode(keys.secret)}",
    "four segments": lambda keys: f"{good(keys)}.x",
    "two segments": lambda keys: good(keys).rpartition(".")[0],
    "nothing": lambda _: "",
    "dots": lambda _: "..",
    "padding": lambda keys: good(keys) + "==",
    "not ASCII": lambda keys: good(keys) + "é",
    "a line break": lambda keys: good(keys) + "\n",
    "five megabytes": lambda keys: good(keys) + "A" * 5_000_000,
}


def other_key() -> str:
    from app.core.keys import _new_signing_key  # noqa: PLC0415 - only for the forger

    return _new_signing_key().decode()


@pytest.mark.parametrize("forge", ATTACKS.values(), ids=ATTACKS)
def test_a_forged_token_is_refused(keys: KeyRing, forge: Forge) -> None:
    with pytest.raises(AppError) as refused:
        verify_access(keys, forge(keys))
    assert (refused.value.status, refused.value.code) == (401, "invalid_token")


def test_the_forger_can_make_a_good_token(keys: KeyRing) -> None:
    assert verify_access(keys, good(keys)).device_id is not None


def test_what_is_issued_is_believed(keys: KeyRing) -> None:
    mine = Claims(uuid4(), uuid4(), uuid4(), uuid4())
    assert verify_access(keys, issue_access(keys, mine)) == mine


async def test_a_token_expires(keys: KeyRing, hold: Callable[[datetime], None]) -> None:
    token = issue_access(keys, Claims(uuid4(), uuid4(), uuid4(), None))
    hold(now() + timedelta(minutes=15))
    with pytest.raises(AppError) as refused:
        verify_access(keys, token)
    assert refused.value.code == "token_expired"


SENT = {
    "no header": {},
    "another scheme": {"Authorization": "Basic YTpi"},
    "no token": {"Authorization": "Bearer "},
    "rubbish": {"Authorization": "Bearer a.b.c"},
}


@pytest.mark.parametrize("headers", SENT.values(), ids=SENT)
async def test_a_route_asks_for_a_good_token(studio: Studio, headers: dict[str, str]) -> None:
    answer = await studio.client.get("/v1/devices", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_good_token_of_a_sign_in_that_never_was_is_refused(studio: Studio) -> None:
    token = issue_access(studio.keys, Claims(studio.account.account_id, uuid4(), uuid4(), None))
    answer = await studio.client.get("/v1/devices", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_token_in_the_address_is_refused(studio: Studio) -> None:
    answer = await studio.client.get("/v1/devices?access_token=x")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_the_risky_parts_of_the_library_are_not_loaded() -> None:
    assert not {"jose.jwe", "jose.backends.ecdsa_backend", "jose.backends.rsa_backend"} & set(sys.modules)


def test_the_risky_libraries_are_known_to_one_module_each(repository: Path) -> None:
    users: dict[str, set[str]] = {"jose": set(), "passlib": set()}
    for file in (repository / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                users.get(name.partition(".")[0], set()).add(file.name)
    assert users == {"jose": {"tokens.py"}, "passlib": {"passwords.py"}}
