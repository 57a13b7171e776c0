"""Invoice classifications: the kinds of business invoices are counted under."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("invoice_classifications", number=138, is_writable=False)
class InvoiceClassification(ListEntry):
    """A kind of business an invoice is counted under."""
