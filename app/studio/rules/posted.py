"""What accounting has locked: neither changed nor deleted, and corrected by credit memo alone."""

from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import ChangeRefused


class Posted(ChangeRefused):
    """Accounting has locked the record; it is corrected by credit memo."""

    code = "posted"
    message = "This has been posted and cannot be changed."


@on_write("invoices", "payments")
def locked(written: Written, _: Work) -> None:
    """Refuse every write of a posted record.

    A posted deposit may still be applied to an invoice: that is why it was taken. What a processor has done
    with a card is so, whatever is in the books. What follows from payments and the commands that set one
    thing off against another amend a record (`Draft.amend`), and are not asked.
    """
    if written.before and written.before["is_posted"] and not _is_let_through(written):
        raise Posted({"is_posted": Posted.message})


def _is_let_through(written: Written) -> bool:
    before, after = written.before or {}, written.after
    if after is None or "invoice_id" not in before:
        return False
    changed = {name for name in after if before[name] != after[name]} - {"status_notes"}
    is_applied = changed == {"invoice_id"} and before["invoice_id"] is None
    return is_applied or (changed == {"state"} and before["processor_reference"] is not None)
