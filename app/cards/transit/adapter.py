"""TransIT behind the gateway port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from app.cards.gateway import (
    DUPLICATE_WITHIN_A_MINUTE,
    Absent,
    Amount,
    Approved,
    Booked,
    Charge,
    Declined,
    Found,
    HostedField,
    Look,
    MayGo,
    NotSent,
    Outcome,
    Partial,
    Receipt,
    Refund,
    Settled,
    Stored,
    Token,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.transit import operations
from app.cards.transit.codes import Meaning, meaning_of
from app.cards.transit.manifest import manifest
from app.cards.transit.operations import Operation
from app.cards.transit.outcomes import MONEY_LINES, SALE_LINE, WHY, booked, declined, found, taken_back
from app.cards.transit.replies import OddReply, Reply, card_of, minor_of, read, written
from app.cards.transit.wire import Wire
from app.core import clock

_SOURCE = "INTERNET"
_FRESH = timedelta(hours=12)
"""So old a key may be to make manifests with: how long one lasts is not known, a day is assumed."""
_VOID_REASON = "POST_AUTH_USER_DECLINE"
_DUPLICATES = frozenset({Meaning.DUPLICATE, Meaning.ALIKE})
_REFUSES_MERCHANT = frozenset({Meaning.REFUSED, Meaning.KEY})
"""What the refusal of a transaction key amounts to: nothing but credentials was sent."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What TransIT knows a merchant by."""

    merchant_id: str
    user_id: str
    password: str = field(repr=False)
    device_id: str
    developer_id: str

    def print_in(self, environment: str) -> bytes:
        """Return what tells a merchant's device apart from others; without the password it moves nothing."""
        return sha256(f"tsys {environment} {self.merchant_id} {self.device_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Key:
    """A transaction key, and since when there is it."""

    secret: str = field(repr=False)
    made_at: datetime


class Keys(Protocol):
    """Where a merchant's transaction key is kept."""

    async def current(self) -> Key | None:
        """Return the key as it was read with the merchant, none before there is one."""

    async def latest(self) -> Key | None:
        """Return the key as it is kept now, which somebody else may have renewed."""

    async def keep(self, key: str) -> None:
        """Keep another key from now on."""

    def refused(self, code: str) -> None:
        """Hear that the processor gives no key for the merchant's credentials, by its code."""


class Transit:
    """One merchant's way to TransIT."""

    def __init__(
        self, wire: Wire, credentials: Credentials, keys: Keys, *, environment: str, is_simulated: bool
    ) -> None:
        """Say by which way, as whom, and where the key is kept; simulated payments are told as that."""
        self._wire = wire
        self._merchant = credentials
        self._keys = keys
        self.is_simulated = is_simulated
        self.merchant_print = credentials.print_in(environment)

    async def try_credentials(self) -> NotSent | Unknown | None:
        """Get a transaction key, which is kept for what comes next."""
        key = await self._new_key()
        return None if isinstance(key, str) else key

    async def client_session(self, amount: Amount, day: date) -> HostedField | Unavailable:
        """Return the page of the hosted field, with a manifest that is good for the day."""
        kept = await self._keys.current()
        key: str | NotSent | Unknown = kept.secret if kept else ""
        if kept is None or clock.now() - kept.made_at > _FRESH:
            # A manifest is made without the processor: nobody would hear that it refuses the key.
            key = await self._new_key()
        if not isinstance(key, str):
            if kept is None:
                return Unavailable(key.reason, _refuses_merchant(key))
            key = kept.secret
        device_id = self._merchant.device_id
        made = manifest(self._merchant.merchant_id, device_id, key, amount.minor, day)
        address = f"{self._wire.base_url}/transit-tsep-web/jsView/{device_id}?{made}"
        return HostedField(address, device_id, made)

    async def verify_and_store(self, token: Token) -> Stored | Declined | NotSent | Unknown:
        """Verify a card by an authorization of nothing, and return the token that stays."""
        values = {"cardDataSource": _SOURCE, "cardNumber": token.secret}
        reply = await self._ask(operations.CARD_AUTHENTICATION, values)
        if not isinstance(reply, Reply):
            return reply
        meaning, card = meaning_of(reply.status, reply.code), card_of(reply.values)
        if meaning in WHY:
            return declined(reply.code, meaning)
        kept = reply.values.get("token")
        if meaning is not Meaning.APPROVED or not kept or card is None:
            return Unknown(f"answered by {reply.code[:8]}")
        return Stored(Token(kept), card)

    async def sale(self, charge: Charge, may_go: MayGo) -> Outcome:
        """Charge a card; of a duplicate, which may be our own request, the processor is asked what it was.

        What it takes for another's, was sent but once and is not found, is declined.
        """
        sent = 0

        def goes() -> bool:
            nonlocal sent
            sent += 1
            return may_go()

        values = {
            "cardDataSource": _SOURCE,
            "transactionAmount": written(charge.amount),
            "currencyCode": charge.amount.currency,
            "cardNumber": charge.token.secret,
            "externalReferenceID": charge.external_ref,
        }
        values |= {"expirationDate": charge.expiry} if charge.expiry else {}
        reply = await self._ask(operations.SALE, values, goes)
        if not isinstance(reply, Reply):
            return reply
        meaning = meaning_of(reply.status, reply.code)
        if meaning in _DUPLICATES:
            # Sent twice, it may be alike to itself.
            return await self._adopted(charge, reply.code, is_alike=meaning is Meaning.ALIKE and sent == 1)
        return booked(reply.values, charge.amount.minor)

    async def void(self, sale: Booked) -> Outcome:
        """Take a sale back, by its transaction where we were told it, else by our reference."""
        named = (
            {"transactionID": sale.transaction_id}
            if sale.transaction_id
            else {"externalReferenceID": sale.external_ref}
        )
        reply = await self._ask(operations.VOID, {**named, "voidReason": _VOID_REASON})
        return reply if not isinstance(reply, Reply) else taken_back(reply)

    async def refund(self, refund: Refund, may_go: MayGo) -> Outcome:
        """Give money back; all of what is not settled yet the processor voids instead, and none of a part."""
        transaction_id = refund.sale.transaction_id or await self._number_of(refund.sale.external_ref)
        if transaction_id is None:
            return NotSent("a return needs the transaction")
        values = {
            "transactionAmount": written(refund.amount),
            "transactionID": transaction_id,
            "externalReferenceID": refund.external_ref,
        }
        reply = await self._ask(operations.RETURN, values, may_go)
        return reply if not isinstance(reply, Reply) else taken_back(reply)

    async def lookup(self, external_ref: str) -> Look:
        """Look a sale or a return up; more than one of our reference cannot be, and is not guessed about."""
        reply = await self._ask(operations.TRANSACTION_INQUIRY, {"externalReferenceID": external_ref})
        if not isinstance(reply, Reply):
            return Unavailable(reply.reason)
        meaning = meaning_of(reply.status, reply.code)
        if meaning is Meaning.ABSENT:
            return Absent()
        if meaning is not Meaning.APPROVED:
            return Unavailable(f"answered by {reply.code[:8]}")
        lines = [each for each in reply.details if each.get("operation") in MONEY_LINES]
        mine = [each for each in lines if each.get("externalReferenceID") == external_ref]
        if not mine:
            return Absent() if not lines else Unavailable("answered with others")
        return found(mine, reply.details)

    async def close_batch(self) -> Outcome:
        """Close the open batch; `Partial` tells that some of it stays open."""
        reply = await self._ask(operations.BATCH_CLOSE, {})
        if not isinstance(reply, Reply):
            return reply
        match meaning_of(reply.status, reply.code):
            case Meaning.APPROVED:
                return Approved(Receipt(""))
            case Meaning.PARTIAL:
                return Partial(0, Receipt(""))
            case Meaning.ODD | Meaning.DUPLICATE | Meaning.ALIKE:
                return Unknown(f"answered by {reply.code[:8]}")
            case meaning:
                return declined(reply.code, meaning)

    async def settled(self, day: date) -> list[Settled] | Unavailable:
        """Return what was settled on a day of UTC; of what cannot be read, nothing at all."""
        reply = await self._ask(operations.REPORT, {"date": day.isoformat()})
        if not isinstance(reply, Reply):
            return Unavailable(reply.reason)
        if meaning_of(reply.status, reply.code) is not Meaning.APPROVED:
            return Unavailable(f"answered by {reply.code[:8]}")
        lines = []
        for each in reply.details:
            minor = minor_of(each.get("processedAmount"))
            if minor is None:
                return Unavailable("an amount that cannot be read")
            sign = 1 if each.get("operation") in {SALE_LINE, "Capture"} else -1
            lines.append(
                Settled(each.get("externalReferenceID", ""), each.get("transactionID", ""), sign * minor)
            )
        return lines

    async def _adopted(self, charge: Charge, code: str, *, is_alike: bool) -> Outcome:
        look = await self.lookup(charge.external_ref)
        if is_alike and isinstance(look, Absent):
            return Declined(DUPLICATE_WITHIN_A_MINUTE, why=Why.ALIKE)
        if not isinstance(look, Found) or look.is_voided:
            return Unknown(f"answered by {code[:8]}")
        if isinstance(look.outcome, Approved) and look.minor != charge.amount.minor:
            return Partial(look.minor, look.outcome.receipt)
        return look.outcome

    async def _number_of(self, external_ref: str) -> str | None:
        """Return the processor's number of a sale we were never told of, such as one a person vouched for."""
        look = await self.lookup(external_ref)
        if isinstance(look, Found) and isinstance(look.outcome, Approved):
            return look.outcome.receipt.transaction_id
        return None

    async def _ask(
        self, operation: Operation, values: Mapping[str, str], may_go: MayGo = lambda: True
    ) -> Reply | NotSent | Unknown:
        """Ask with the key in force, and once more with another when that one is refused.

        Asked again under the same reference, a sale that was booked all the same is told as a duplicate. What
        was refused for its key is not booked: when it may not go once more, it was not sent.
        """
        kept = await self._keys.current()
        key = kept.secret if kept else await self._new_key()
        if not isinstance(key, str):
            return NotSent(f"no transaction key: {key.reason}", _refuses_merchant(key))
        if not may_go():
            return NotSent("too late")
        reply = await self._send(operation, values, key)
        if isinstance(reply, Reply) and meaning_of(reply.status, reply.code) is Meaning.KEY:
            renewed = await self._renewed(key)
            if renewed is None:
                return reply
            return await self._send(operation, values, renewed) if may_go() else NotSent("too late")
        return reply

    async def _renewed(self, refused: str) -> str | None:
        """Return another key than the refused one: what somebody else has got meanwhile, or a new one."""
        present = await self._keys.latest()
        if present is not None and present.secret != refused:
            return present.secret
        made = await self._new_key()
        return made if isinstance(made, str) else None

    async def _new_key(self) -> str | NotSent | Unknown:
        """Get a transaction key, and keep it; it moves no money, so that it may be asked for again.

        The one of before is not named: that would end it, and with it every manifest that is out.
        """
        merchant = self._merchant
        values = {"mid": merchant.merchant_id, "userID": merchant.user_id, "password": merchant.password}
        reply = await self._exchange(operations.GENERATE_KEY, values)
        if not isinstance(reply, Reply):
            return reply
        key, meaning = reply.values.get("transactionKey"), meaning_of(reply.status, reply.code)
        if meaning in _REFUSES_MERCHANT:
            self._keys.refused(reply.code)
            return NotSent(f"answered by {reply.code[:8]}", refuses_merchant=True)
        if meaning is not Meaning.APPROVED or not key:
            return Unknown(f"answered by {reply.code[:8]}")
        await self._keys.keep(key)
        return key

    async def _send(
        self, operation: Operation, values: Mapping[str, str], key: str
    ) -> Reply | NotSent | Unknown:
        merchant = self._merchant
        known = {"deviceID": merchant.device_id, "developerID": merchant.developer_id, "transactionKey": key}
        return await self._exchange(operation, {**known, **values})

    async def _exchange(self, operation: Operation, values: Mapping[str, str]) -> Reply | NotSent | Unknown:
        body = await self._wire.ask(operation.xml(values))
        if not isinstance(body, bytes):
            return body
        try:
            return read(operation.name, body)
        except OddReply as odd:
            return Unknown(str(odd))


def _refuses_merchant(failed: NotSent | Unknown) -> bool:
    return isinstance(failed, NotSent) and failed.refuses_merchant
