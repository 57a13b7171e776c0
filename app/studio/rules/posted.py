"""What accounting has locked: neither changed nor deleted, and corrected by credit memo alone."""

from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import ChangeRefused

_OF_APPLYING = {"invoice_id", "status_notes"}


class Posted(ChangeRefused):
    """Accounting has locked the record; it is corrected by credit memo."""

    code = "posted"
    message = "This has been posted and cannot be changed."


@on_write("invoices", "payments")
def locked(written: Written, _: Work) -> None:
    """Refuse every write of a posted record.

    A posted deposit may still be applied to an invoice: that is why it was taken. What follows from payments
    and the commands that set one thing off against another amend a record (`Draft.amend`), and are not asked.
    """
    if written.before and written.before["is_posted"] and not _is_applied(written):
        raise Posted({"is_posted": Posted.message})


def _is_applied(written: Written) -> bool:
    before, after = written.before or {}, written.after
    if after is None or "invoice_id" not in before or before["invoice_id"] or not after["invoice_id"]:
        return False
    return all(before[name] == after[name] for name in after if name not in _OF_APPLYING)
