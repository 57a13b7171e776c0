"""What is posted: which kind of thing has happened to what, and where to look; never what it says."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from app.http.schemas import Answer
from app.webhooks.kinds import IMPORTED, kinds

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_PATHS = {"web_orders": "web-orders"}


class EventData(Answer):
    """What an event is about."""

    collection: str | None = Field(
        description="The collection the `id` is of, or `web_orders`; none where it is about no record.",
        examples=["clients"],
    )
    id: UUID | None = Field(description="The record.", examples=[_ID])
    into: UUID | None = Field(description="What it was merged into.", examples=[None])
    revision: int = Field(
        description="The account's revision it was written at: events come in any order.", examples=[18]
    )
    url: str | None = Field(
        description="Where the record is read, by the webhook's key; none where there is nothing to read.",
        examples=[f"https://studio.example/v1/clients/{_ID}"],
    )


class WebhookEventBody(Answer):
    """What is posted to a webhook."""

    type: str = Field(description="The kind of event.", examples=["clients.changed"])
    timestamp: datetime = Field(description="When it happened.", examples=["2026-05-04T09:30:00Z"])
    data: EventData = Field(description="What it is about.")


def body_of(event: Any, origin: str | None) -> bytes:
    """Return what is posted about an event's row: the same at each try."""
    kind = kinds().get(event["type"])
    collection = kind.data if kind else None
    told = {
        "type": event["type"],
        "timestamp": event["happened_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "collection": collection,
            "id": event["record_id"],
            "into": event["into_id"],
            "revision": event["revision"],
            "url": _url(event, collection, origin),
        },
    }
    return orjson.dumps(told, default=str)


def _url(event: Any, collection: str | None, origin: str | None) -> str | None:
    if origin is None:
        return None
    if event["type"] == IMPORTED:
        return f"{origin}/v1/feed"
    read = event["into_id"] or event["record_id"]
    if collection is None or read is None or event["type"].endswith(".deleted"):
        return None
    return f"{origin}/v1/{_PATHS.get(collection, collection)}/{read}"
