"""What moves money in the ledger: sales, authorizations, captures, voids, returns, and their cards."""

from datetime import datetime, timedelta

from app.simulator.answers import Refused, card_of, numbers, passed, which, worth
from app.simulator.behaviours import Behaviour
from app.simulator.hosted import new_token
from app.simulator.ledger import Ledger, Row, stamp
from app.simulator.merchants import Merchant
from app.simulator.operations import Answer, Asked, Elements, money


class Payments:
    """Pays on one ledger; each is called within `writing`, and refuses before it writes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def pay(self, asked: Asked, merchant: Merchant, behaviour: Behaviour) -> Answer:
        """Charge a card, or hold an amount on it; what is declined is written down, too."""
        fields, now = asked.fields, self._ledger.now()
        self._refuse_repeated(merchant, fields["externalReferenceID"])
        card = self._card(merchant, fields["cardNumber"])
        self._refuse_alike(asked, merchant, card)
        code = "D2054" if _has_expired(fields.get("expirationDate", card["expiry"]), now) else behaviour.code
        is_approved = not code.startswith("D")
        token = self._used(card, lasts=is_approved)
        found_from = now + timedelta(seconds=max(self._ledger.knobs.lookup_lag, behaviour.found_after or 0))
        half = -(-asked.amount // 2) if code == "A0002" else asked.amount
        number = self._ledger.insert(
            "transactions",
            mid=merchant.mid,
            device=fields["deviceID"],
            operation=asked.operation,
            reference=fields["externalReferenceID"],
            order_number=fields.get("orderNumber"),
            asked=asked.amount,
            processed=half if is_approved else 0,
            code=code,
            is_approved=is_approved,
            token=token,
            brand=card["brand"],
            last_four=card["last_four"],
            expiry=card["expiry"],
            behaviour=behaviour.name,
            booked_at=stamp(now),
            found_from=stamp(found_from),
        )
        if not is_approved:
            raise Refused(code)
        paid = self._transaction("id = ?", number)
        amounts: Elements = (
            ("transactionAmount", money(asked.amount)),
            ("processedAmount", money(half)),
            ("totalAmount", money(half)),
            ("addressVerificationCode", "0"),
        )
        return passed(asked, code, (*numbers(paid, now), *amounts, *card_of(paid), ("token", token)))

    def capture(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Charge what is held, or a part of it, once."""
        held = self._named(asked, merchant)
        is_open = held["operation"] == "Auth" and held["is_approved"] and not held["voided_at"]
        if not is_open or held["captured"] is not None or asked.amount > held["processed"]:
            raise Refused("D0007")
        self._ledger.execute("UPDATE transactions SET captured = ? WHERE id = ?", asked.amount, held["id"])
        amount = money(asked.amount)
        amounts = (("transactionAmount", amount), ("totalAmount", amount))
        return passed(asked, "A0000", (*numbers(held, self._ledger.now()), *amounts, *card_of(held)))

    def void(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Undo what is not settled yet."""
        paid = self._named(asked, merchant)
        is_open = (
            paid["is_approved"]
            and not paid["voided_at"]
            and paid["batch"] is None
            and paid["code"] != "A0014"
        )
        if not is_open or asked.amount not in {0, worth(paid)}:
            raise Refused("D0004")
        self._end(paid, asked.fields["voidReason"])
        said = (
            ("externalReferenceID", paid["reference"]),
            ("transactionAmount", money(worth(paid))),
            ("voidedAmount", money(worth(paid))),
        )
        return passed(asked, "A0000", (*numbers(paid, self._ledger.now()), *said, *card_of(paid)))

    def give_back(self, asked: Asked, merchant: Merchant, behaviour: Behaviour) -> Answer:
        """Return what is settled, or a part of it; what is not settled is voided whole instead."""
        fields, now = asked.fields, self._ledger.now()
        self._refuse_repeated(merchant, fields["externalReferenceID"])
        paid = self._named(asked, merchant)
        sql = """
            SELECT coalesce(sum(processed), 0) AS cents FROM transactions
            WHERE parent = ? AND is_approved AND voided_at IS NULL
        """
        back = self._ledger.rows(sql, paid["id"])[0]["cents"]
        is_settled = paid["batch"] is not None
        is_charged = paid["operation"] == "Sale" or paid["captured"] is not None
        is_paid = is_charged and paid["is_approved"] and not paid["voided_at"]
        left = (worth(paid) - back) if is_paid else 0
        if asked.amount > left or (not is_settled and asked.amount != left):
            raise Refused("D0005")
        if not is_settled:
            self._end(paid, "RETURN")
        number = self._ledger.insert(
            "transactions",
            mid=merchant.mid,
            device=fields["deviceID"],
            operation="Return",
            reference=fields["externalReferenceID"],
            parent=paid["id"],
            asked=asked.amount,
            processed=asked.amount,
            code="A0000" if is_settled else "A0014",
            is_approved=True,
            token=paid["token"],
            brand=paid["brand"],
            last_four=paid["last_four"],
            expiry=paid["expiry"],
            behaviour=behaviour.name,
            booked_at=stamp(now),
            found_from=stamp(
                now + timedelta(seconds=max(self._ledger.knobs.lookup_lag, behaviour.found_after or 0))
            ),
        )
        returned = self._transaction("id = ?", number)
        said = (
            ("externalReferenceID", returned["reference"]),
            ("transactionAmount", money(asked.amount)),
            ("returnedAmount", money(asked.amount)),
        )
        return passed(asked, returned["code"], (*numbers(returned, now), *said, *card_of(returned)))

    def keep_card(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Give a token that lasts for one that is good once."""
        card = self._card(merchant, asked.fields["cardNumber"])
        if _has_expired(card["expiry"], self._ledger.now()):
            raise Refused("D2054")
        token = self._used(card, lasts=True)
        said = (
            ("token", token),
            ("maskedCardNumber", card["last_four"]),
            ("cardType", card["brand"]),
            ("expirationDate", card["expiry"]),
        )
        return passed(asked, "A0000", said)

    def _refuse_repeated(self, merchant: Merchant, reference: str) -> None:
        """Refuse a second request of a reference, by what became of the first."""
        sql = "SELECT * FROM transactions WHERE mid = ? AND reference = ? ORDER BY id LIMIT 1"
        first = self._ledger.row(sql, merchant.mid, reference)
        if first is not None:
            raise Refused("D0003" if not first["is_approved"] else "D0009" if first["voided_at"] else "D0001")

    def _refuse_alike(self, asked: Asked, merchant: Merchant, card: Row) -> None:
        """Refuse what looks like a payment of just now: to the same device, or to the host by another."""
        since = stamp(self._ledger.now() - timedelta(seconds=self._ledger.knobs.duplicate_window))
        sql = """
            SELECT device FROM transactions
            WHERE mid = ? AND last_four = ? AND asked = ? AND booked_at > ?
                AND brand = ? AND expiry = ? AND operation = ? AND is_approved AND voided_at IS NULL
        """
        alike = self._ledger.rows(
            sql,
            merchant.mid,
            card["last_four"],
            asked.amount,
            since,
            card["brand"],
            card["expiry"],
            asked.operation,
        )
        if alike:
            is_here = asked.fields["deviceID"] in {each["device"] for each in alike}
            raise Refused("D0008" if is_here else "D2022")

    def _card(self, merchant: Merchant, token: str) -> Row:
        card = self._ledger.row("SELECT * FROM tokens WHERE token = ? AND mid = ?", token, merchant.mid)
        now = stamp(self._ledger.now())
        if card is None or card["used_at"] or (card["expires_at"] or now) < now:
            raise Refused("D2014")
        return card

    def _used(self, card: Row, *, lasts: bool) -> str:
        """Use a token up if it is good once; return one that lasts if there shall be one, else the same."""
        if card["expires_at"] is None:
            return str(card["token"])
        used = stamp(self._ledger.now())
        self._ledger.execute("UPDATE tokens SET used_at = ? WHERE token = ?", used, card["token"])
        if not lasts:
            return str(card["token"])
        token = new_token(card["last_four"])
        kept = {name: card[name] for name in ("mid", "brand", "last_four", "expiry", "behaviour")}
        self._ledger.insert("tokens", token=token, **kept)
        return token

    def _named(self, asked: Asked, merchant: Merchant) -> Row:
        """Return the transaction a request names; of a reference, the one that was approved last."""
        where, value = which(asked)
        sql = (
            f"SELECT * FROM transactions WHERE mid = ? AND {where} ORDER BY is_approved DESC, id DESC LIMIT 1"
        )
        found = self._ledger.row(sql, merchant.mid, value)
        if found is None:
            raise Refused("D0006")
        return found

    def _transaction(self, where: str, value: int) -> Row:
        return self._ledger.rows(f"SELECT * FROM transactions WHERE {where}", value)[0]

    def _end(self, paid: Row, reason: str) -> None:
        sql = "UPDATE transactions SET voided_at = ?, void_reason = ? WHERE id = ?"
        self._ledger.execute(sql, stamp(self._ledger.now()), reason, paid["id"])


def _has_expired(expiry: str, now: datetime) -> bool:
    """Say whether the last day of a month, MM/YYYY, is behind us."""
    month, _, year = expiry.partition("/")
    return (int(year), int(month)) < (now.year, now.month)
