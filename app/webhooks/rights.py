"""What rights are given by: who may look after the addresses that are told of events."""

from app.accounts.features import Feature, declare
from app.core.principal import Level

WEBHOOKS = declare(
    Feature(
        "webhooks",
        "Webhooks",
        "Addresses of other programs that are told what has happened, and what became of each post.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)
