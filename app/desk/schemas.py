"""What all collections say alike over the wire; their records are described by the registry."""

from typing import Any
from uuid import UUID

from pydantic import Field

from app.http.schemas import Answer
from app.sync.schemas import WarningAnswer


class RecordPage(Answer):
    """Some records of a collection, in order."""

    records: list[dict[str, Any]] = Field(
        description="The records, each with its `id` and `revision`.",
        examples=[[{"id": UUID("8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"), "revision": 17}]],
    )
    next_page: str | None = Field(
        description="To be sent as `page` with the same filters for what follows; none at the end.",
        examples=["WyI5ZjFj…"],
    )


class WriteAnswer(Answer):
    """What a write says beside the record."""

    warnings: list[WarningAnswer] = Field(description="What to know although it was taken in.")


class InboxPage(Answer):
    """How much waits for a decision, and some entries of the inbox in order."""

    open: int = Field(
        description="Entries nobody has decided yet, of those the caller may see.", examples=[3]
    )
    entries: list[dict[str, Any]] | None = Field(
        description="The entries as `GET /v1/inbox/{record_id}` has them; none without a `state`.",
        examples=[None],
    )
    next_page: str | None = Field(
        description="To be sent as `page` with the same `state` for what follows; none at the end.",
        examples=["WyI5ZjFj…"],
    )
