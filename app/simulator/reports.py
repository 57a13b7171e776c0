"""What only tells of the ledger, and what settles it: lookups, batches, days."""

from datetime import date

from app.simulator.answers import Refused, details, passed, which, worth
from app.simulator.behaviours import Behaviour
from app.simulator.ledger import Ledger, Row, stamp
from app.simulator.merchants import Merchant
from app.simulator.operations import Answer, Asked, money


class Reports:
    """Tells and settles on one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def look_up(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Find what a transaction number or a reference names, as far as lookups find it yet."""
        where, value = which(asked)
        now = stamp(self._ledger.now())
        sql = f"SELECT * FROM transactions WHERE mid = ? AND {where} AND found_from <= ? ORDER BY id"
        found = self._ledger.rows(sql, merchant.mid, value, now)
        return passed(asked, "A0000", tuple(map(details, found)))

    def close_batch(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Settle what is open on a device."""
        waiting, settled = self._close(merchant.mid, asked.fields["deviceID"])
        returns = [worth(each) for each in settled if each["operation"] == "Return"]
        sales = [worth(each) for each in settled if each["operation"] != "Return"]
        told = (
            ("SaleCount", len(sales)),
            ("SaleAmount", money(sum(sales))),
            ("ReturnCount", len(returns)),
            ("ReturnAmount", money(sum(returns))),
        )
        return passed(asked, "A3200" if len(settled) == len(waiting) else "A3207", (("batchInfo", told),))

    def close_all(self) -> int:
        """Settle what is open on every device, as the processor does at night; return how much that was."""
        sql = "SELECT DISTINCT mid, device FROM transactions WHERE batch IS NULL AND is_approved"
        devices = self._ledger.rows(sql)
        return sum(len(self._close(each["mid"], each["device"])[1]) for each in devices)

    def _close(self, mid: str, device: str) -> tuple[list[Row], list[Row]]:
        """Settle what is open on a device; return what was open, and what of it is settled."""
        sql = """
            SELECT * FROM transactions
            WHERE mid = ? AND device = ? AND batch IS NULL AND is_approved AND voided_at IS NULL
                AND code <> 'A0014' AND (operation <> 'Auth' OR captured IS NOT NULL)
            ORDER BY id
        """
        waiting = self._ledger.rows(sql, mid, device)
        settled = waiting[: max(0, len(waiting) - int(self._ledger.knobs.batch_leaves))]
        at = stamp(self._ledger.now())
        batch = self._ledger.insert("batches", mid=mid, device=device, closed_at=at)
        for each in settled:
            self._ledger.execute("UPDATE transactions SET batch = ? WHERE id = ?", batch, each["id"])
        return waiting, settled

    def tell_day(self, asked: Asked, merchant: Merchant, _: Behaviour) -> Answer:
        """Tell what was settled on a device on a day."""
        try:
            day = date.fromisoformat(asked.fields["date"])
        except ValueError:
            raise Refused("F9901") from None
        sql = """
            SELECT transactions.* FROM transactions JOIN batches ON batches.id = transactions.batch
            WHERE transactions.mid = ? AND transactions.device = ? AND date(batches.closed_at) = ?
            ORDER BY transactions.id
        """
        found = self._ledger.rows(sql, merchant.mid, asked.fields["deviceID"], day.isoformat())
        return passed(asked, "A0000", tuple(map(details, found)))
