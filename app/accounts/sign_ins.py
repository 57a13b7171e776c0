"""Sign-ins and their refresh tokens: begun, prolonged, ended."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts import erasures, events, store
from app.accounts.errors import InvalidToken, RefreshReused, TokenExpired
from app.accounts.models import Account, Device, RefreshToken, SignIn, User
from app.accounts.standing import refuse_deactivated, refuse_lapsed, refuse_old
from app.accounts.tokens import Claims, issue_access
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.keys import KeyRing
from app.core.principal import Channel, Principal
from app.http.limits import RateLimits

SLIDING = timedelta(days=30)
ABSOLUTE = timedelta(days=180)
LOST_ANSWER = timedelta(seconds=60)
MANY_FAILURES = 5
"""Wrong passwords before the right one, after which a sign-in is worth a look."""

_ID_BYTES = 16
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What somebody gets who has signed in, or prolonged it."""

    account: Account
    user: User
    device: Device | None
    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What an app says about itself when it prolongs its sign-in, and from which network it does.

    What it leaves out is as it was.
    """

    device_uid: UUID | None = None
    app_version: str | None = None
    schema_version: int | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """From where somebody signs in, if that is known, behind how many wrong passwords, on which phone.

    `known_networks` are those a user at a desk has signed in from before.
    """

    network: str | None
    known_networks: frozenset[str]
    failures: int
    is_new_device: bool


async def begin(
    session: WriteSession, keys: KeyRing, people: tuple[Account, User, Device | None], came: Came
) -> SignedIn:
    """Begin a sign-in; a phone has one at a time, so that its former one ends. Announces `SignedIn`."""
    account, user, device = people
    await store.forget_ended_sign_ins(session, user.user_id)
    if device is not None:
        await store.revoke_sign_ins(session, "signed_in_again", device_id=device.device_id)
    now = clock.now()
    sign_in = SignIn(
        account_id=account.account_id,
        sign_in_id=new_id(),
        user_id=user.user_id,
        device_id=device.device_id if device else None,
        network=came.network,
        created_at=now,
        absolute_end=now + ABSOLUTE,
    )
    session.add(sign_in)
    await session.flush()
    secret = secrets.token_bytes(_SECRET_BYTES)
    _keep(session, sign_in, secret, now)
    told = events.SignedIn(
        account_id=account.account_id,
        sign_in_id=sign_in.sign_in_id,
        user_id=user.user_id,
        device_id=sign_in.device_id,
        network=came.network,
        failures=came.failures,
        odd=_odd(came),
    )
    await announce(session, who_signs(account, user, device), told)
    return _signed_in(keys, sign_in, secret, people)


async def end(
    session: WriteSession, who: Principal, sign_in: SignIn, reason: str, network: str | None = None
) -> None:
    """End one sign-in, because of what came from a network; announces `SignInEnded`."""
    await store.revoke_sign_ins(session, reason, sign_in_id=sign_in.sign_in_id)
    ids = sign_in.account_id, sign_in.sign_in_id, sign_in.user_id, sign_in.device_id
    await announce(session, who, events.SignInEnded(*ids, reason, network))


def who_signs(account: Account, user: User, device: Device | None = None) -> Principal:
    """Return a user who is not signed in, as the one who does what they are about to do."""
    who = Principal.system(account.account_id, account.account_name, account.time_zone)
    return replace(
        who,
        user_id=user.user_id,
        initials=user.initials,
        channel=Channel.MOBILE if device else Channel.DESK,
        device_id=device.device_id if device else None,
    )


def _odd(came: Came) -> tuple[events.Oddity, ...]:
    """Return what is unusual; the first network of a user is not, for there is nothing to compare it with."""
    known = came.known_networks
    found = {
        events.Oddity.AFTER_FAILURES: came.failures >= MANY_FAILURES,
        events.Oddity.NEW_DEVICE: came.is_new_device,
        events.Oddity.NEW_NETWORK: bool(known) and came.network is not None and came.network not in known,
    }
    return tuple(oddity for oddity, is_so in found.items() if is_so)


async def refresh(
    database: Database,
    keys: KeyRing,
    token: str,
    reported: Reported,
    *,
    minimum_schema_version: int,
    limits: RateLimits,
) -> SignedIn:
    """Exchange a refresh token for its successor and a new access token.

    The answer may be lost, so a spent token may be shown again within a minute, as long as nobody has used
    its successor: it gets the same one. Any other use of a spent token means that two parties hold it, and
    ends the sign-in for both. An app that says it is too old is refused, and its token stays good.

    A refresh counts as a request of its sign-in. One with a made-up token takes no turn of writing: anybody
    who knows an account can name it in one.
    """
    account_id, secret = _parse(token)
    async with database.reading(account_id, is_urgent=True) as session:
        if await store.read_refresh_token(session, _hash(secret)) is None:
            await erasures.refuse_phone(session, keys, token=_hash(secret))
            raise InvalidToken
    async with database.writing(account_id, is_urgent=True) as session:
        found = await _exchange(
            session, keys, secret, reported, minimum=minimum_schema_version, limits=limits
        )
    if found is None:
        raise RefreshReused
    return found


async def _exchange(
    session: WriteSession,
    keys: KeyRing,
    secret: bytes,
    reported: Reported,
    *,
    minimum: int,
    limits: RateLimits,
) -> SignedIn | None:
    """Exchange a token; none when it was reused, which is written down and so must not raise."""
    token = await store.read_refresh_token(session, _hash(secret))
    row = await store.read_standing(session, token.sign_in_id) if token else None
    if token is None or row is None:
        raise InvalidToken
    limits.count_caller(str(token.sign_in_id))
    refuse_deactivated(row, session.account_id, keys)
    if row["revoked_at"] is not None or reported.device_uid not in (None, row["device_uid"]):
        raise InvalidToken
    if min(token.expires_at, row["absolute_end"]) <= clock.now():
        raise TokenExpired
    if token.used_at is not None and not await _may_be_lost(session, keys, token, secret):
        sign_in = await session.get_one(SignIn, (session.account_id, token.sign_in_id))
        who = Principal.system(session.account_id)
        await end(session, who, sign_in, "refresh_reused", reported.network)
        return None
    refuse_lapsed(row)
    refuse_old(reported.schema_version, minimum)
    return await _successor(session, keys, token, secret, reported)


async def _may_be_lost(session: WriteSession, keys: KeyRing, token: RefreshToken, secret: bytes) -> bool:
    if token.used_at is None or clock.now() - token.used_at > LOST_ANSWER:
        return False
    successor = await store.read_refresh_token(session, _hash(_next(keys, secret, token)))
    return successor is not None and successor.used_at is None


async def _successor(
    session: WriteSession, keys: KeyRing, token: RefreshToken, secret: bytes, reported: Reported
) -> SignedIn:
    sign_in = await session.get_one(SignIn, (session.account_id, token.sign_in_id))
    if token.used_at is None:
        token.used_at = clock.now()
        token.successor_salt = secrets.token_bytes(_ID_BYTES)
        _keep(session, sign_in, _next(keys, secret, token), token.used_at)
        await store.forget_expired_tokens(session, token.sign_in_id)
    account = await session.get_one(Account, session.account_id)
    user = await session.get_one(User, (session.account_id, sign_in.user_id))
    device = await store.read_device(session, sign_in.device_id) if sign_in.device_id else None
    if device is not None:
        device.app_version = reported.app_version or device.app_version
        device.schema_version = reported.schema_version or device.schema_version
    return _signed_in(keys, sign_in, _next(keys, secret, token), (account, user, device))


def _signed_in(
    keys: KeyRing, sign_in: SignIn, secret: bytes, people: tuple[Account, User, Device | None]
) -> SignedIn:
    account, user, device = people
    claims = Claims(sign_in.account_id, sign_in.user_id, sign_in.sign_in_id, sign_in.device_id)
    return SignedIn(
        account=account,
        user=user,
        device=device,
        access_token=issue_access(keys, claims),
        refresh_token=base64.urlsafe_b64encode(account.account_id.bytes + secret).decode(),
    )


def _parse(token: str) -> tuple[UUID, bytes]:
    """Split a refresh token: it names its account, so that no search across accounts is ever needed."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidToken from None
    if len(raw) != _ID_BYTES + _SECRET_BYTES:
        raise InvalidToken
    return UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:]


def _keep(session: WriteSession, sign_in: SignIn, secret: bytes, now: datetime) -> None:
    session.add(
        RefreshToken(
            account_id=sign_in.account_id,
            token_hash=_hash(secret),
            sign_in_id=sign_in.sign_in_id,
            issued_at=now,
            expires_at=min(now + SLIDING, sign_in.absolute_end),
        )
    )


def _next(keys: KeyRing, secret: bytes, token: RefreshToken) -> bytes:
    """Derive a token's successor, so that the same one can be given again without keeping it in clear.

    It takes the token, the salt in the database and the server's key together.
    """
    return hmac.digest(keys.derived("refresh"), secret + (token.successor_salt or b""), "sha256")


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
