"""Invoice statuses: the workflow of invoices, where the company uses one."""

from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.registry import collection


@collection("invoice_statuses", number=144, is_writable=False)
class InvoiceStatus(Status):
    """A step in the life of an order, such as received, processed or ready for pick-up."""


workflow(of="invoices", steps="invoice_statuses", wanted="has_invoice_statuses")
