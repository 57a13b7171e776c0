"""The rights to what is done with money for good, beside those to invoices and payments."""

from app.accounts.features import Feature, declare
from app.core.principal import Level

REFUNDS = declare(Feature("refunds", "Refunds", "Giving clients money back.", Level.NO_ACCESS))
WRITE_OFFS = declare(
    Feature("write_offs", "Write-offs", "Not asking for what a client still owes.", Level.NO_ACCESS)
)
POSTING = declare(
    Feature(
        "posting",
        "Posting",
        "Locking invoices and payments once they are in the books.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)
