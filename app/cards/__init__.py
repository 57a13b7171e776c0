"""Card payments: what is to be charged, what was asked of the processor, and what it knows."""

import app.studio  # noqa: F401 - declares the collections
from app.cards import holding  # noqa: F401 - declares what holds of payments
