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

    The server's commands that move money amend it (`Draft.amend`), and are not asked.
    """
    if written.before and written.before["is_posted"]:
        raise Posted({"is_posted": Posted.message})
