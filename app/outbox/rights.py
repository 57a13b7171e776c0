"""What rights are given by: who may look after letters, and who may set up how they go."""

from app.accounts.features import Feature, declare
from app.core.principal import Level

OUTBOX = declare(
    Feature("outbox", "Outbox", "Letters that wait, were sent, or could not be; block lists and files.")
)
MAIL_SETTINGS = declare(
    Feature(
        "mail_settings",
        "Mail and texts",
        "By which servers emails and texts go, and come in.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)
