"""The processor's door: who may ask, and what is done with what they ask."""

import secrets
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from app.simulator.answers import Refused, failed, passed
from app.simulator.behaviours import APPROVED, BEHAVIOURS, Behaviour, of_amount
from app.simulator.hosted import mark_of
from app.simulator.ledger import Ledger, stamp
from app.simulator.merchants import Merchant, Merchants
from app.simulator.operations import Answer, Asked
from app.simulator.payments import Payments
from app.simulator.reports import Reports

_PAYING = {"Sale", "Auth"}


class Processor:
    """Decides requests, one at a time, on one ledger."""

    def __init__(self, ledger: Ledger, merchants: Merchants) -> None:
        self._ledger = ledger
        self._merchants = merchants
        payments, reports = Payments(ledger), Reports(ledger)
        self._does: dict[str, Callable[[Asked, Merchant, Behaviour], Answer]] = {
            "Sale": payments.pay,
            "Auth": payments.pay,
            "Capture": payments.capture,
            "Void": payments.void,
            "Return": payments.give_back,
            "CardAuthentication": payments.keep_card,
            "TransactionInquiry": reports.look_up,
            "BatchClose": reports.close_batch,
            "GetReportData": reports.tell_day,
        }

    def of_itself(self, asked: Asked) -> Behaviour:
        """Return what a request chooses: by its amount, else by the card behind its token."""
        behaviour = of_amount(asked.amount) if asked.operation in _PAYING else APPROVED
        if behaviour is APPROVED and (token := asked.fields.get("cardNumber")):
            found = self._ledger.row("SELECT behaviour FROM tokens WHERE token = ?", token)
            behaviour = BEHAVIOURS[found["behaviour"]] if found else APPROVED
        return behaviour

    def answer(self, asked: Asked, behaviour: Behaviour) -> Answer:
        """Decide a request; when this returns, it is on disk."""
        with self._ledger.writing():
            try:
                answer = self._decided(asked, behaviour)
            except Refused as refused:
                answer = failed(asked, refused.code)
            if answer.is_pass and behaviour.says is not None:
                answer = replace(answer, code=behaviour.says)
            self._note(asked, behaviour, answer.code)
        return answer

    def note_unanswered(self, asked: Asked, behaviour: Behaviour) -> None:
        """Write down that a request came, and that nothing was decided."""
        with self._ledger.writing():
            self._note(asked, behaviour, None)

    def _note(self, asked: Asked, behaviour: Behaviour, code: str | None) -> None:
        self._ledger.insert(
            "requests",
            at=stamp(self._ledger.now()),
            operation=asked.operation,
            device=asked.fields.get("deviceID"),
            reference=asked.fields.get("externalReferenceID"),
            behaviour=behaviour.name,
            code=code,
        )

    def _decided(self, asked: Asked, behaviour: Behaviour) -> Answer:
        if asked.operation == "GenerateKey":
            return self._new_key(asked, behaviour)
        merchant = self._allowed(asked.fields["deviceID"], asked.fields["transactionKey"])
        pays = asked.operation in _PAYING
        if behaviour.refuses or (behaviour.code.startswith("D") and not pays):
            raise Refused(behaviour.code)
        return self._does[asked.operation](asked, merchant, behaviour)

    def _allowed(self, device: str, key: str) -> Merchant:
        """Return the merchant of a device, if the key is one of its own and still good."""
        merchant = self._merchants.of_device(device)
        known = self._ledger.row("SELECT mid, expires_at FROM keys WHERE key = ?", key)
        if merchant is None or known is None or known["mid"] != merchant.mid:
            raise Refused("E0001")
        if known["expires_at"] <= stamp(self._ledger.now()):
            raise Refused("E0002")
        if not merchant.devices[device]:
            raise Refused("E0010")
        return merchant

    def _new_key(self, asked: Asked, behaviour: Behaviour) -> Answer:
        fields, now = asked.fields, self._ledger.now()
        merchant = self._merchants.signed_in(fields["mid"], fields["userID"], fields["password"])
        if merchant is None:
            raise Refused("E0003")
        if behaviour.refuses or behaviour.code.startswith("D"):
            raise Refused(behaviour.code)
        if old := fields.get("transactionKey"):
            if not self._ledger.row("SELECT 1 FROM keys WHERE key = ? AND mid = ?", old, merchant.mid):
                raise Refused("E0001")
            self._ledger.execute("UPDATE keys SET expires_at = ? WHERE key = ?", stamp(now), old)
        # A letter at the front, so that no key is ever taken for a card's number.
        letters = string.ascii_uppercase + string.digits
        key = "K" + "".join(secrets.choice(letters) for _ in range(31))
        expires = now + timedelta(seconds=self._ledger.knobs.key_seconds)
        self._ledger.insert("keys", key=key, mid=merchant.mid, mark=mark_of(key), expires_at=stamp(expires))
        return passed(asked, "A0000", (("transactionKey", key),))
