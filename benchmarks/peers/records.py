"""The records every peer holds: payments of the same fields, below 500 bytes of JSON each."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

SECRET = "only for a minute"  # noqa: S105 - of a server that lives for a minute
ACCOUNT, USER = UUID(int=1), UUID(int=2)
BEGINNING = f"0.0.{UUID(int=0)}"
"""The place before everything: revision, collection, record."""

_FIRST_DAY = date(2016, 1, 1)
_METHODS = ("cash", "check", "card", "transfer")
_WORDS = (
    "deposit",
    "album",
    "print",
    "frame",
    "session",
    "balance",
    "wedding",
    "portrait",
    "gallery",
    "rush",
)


def records(count: int) -> Iterator[dict[str, Any]]:
    """Yield records, the same ones each time."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for n in range(count):
        yield {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "client_id": str(UUID(int=chance.getrandbits(128), version=4)),
            "invoice_id": str(UUID(int=chance.getrandbits(128), version=4)),
            "date": str(_FIRST_DAY + timedelta(days=n % 3650)),
            "amount": chance.randrange(1_000, 500_000),
            "method": chance.choice(_METHODS),
            "reference": f"{chance.randrange(10_000, 99_999)}",
            "description": " ".join(chance.choices(_WORDS, k=6)),
            "notes": " ".join(chance.choices(_WORDS, k=9)),
            "is_posted": n % 3 == 0,
            "received_by": "Pat Kerr",
        }
