"""Webhooks, and what became of telling them, as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.http.schemas import Answer, Wire
from app.webhooks.kinds import Kind
from app.webhooks.models import Webhook
from app.webhooks.states import WebhookPause, WebhookState, sentence_of
from app.webhooks.targets import LONGEST

_ID = "7a0e2f9c-51d4-4f6e-8b3c-1e2d3f4a5b6c"
_KEY = "3e0b7a52-8a8e-4f0b-9a5b-5f0a3f1c7d21"
_USER = "c9d7a0b4-2f6e-4b7a-9a1d-6f5e4d3c2b1a"
_EVENT = "019a6f5e-3b00-7000-8000-9d2c1b0a7e55"
_RECORD = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"
_URL = "https://hooks.example/studio"
_SECRET = "whsec_" + "A" * 43 + "="
_WORDS = "Kinds of events: names, all of a subject (`clients.*`), or all (`*`)."

MOST_TYPES = 100
Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
Description = Annotated[
    str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")
]
Type = Annotated[str, StringConstraints(max_length=90, pattern=r"^(\*|[a-z_]+\.([a-z_]+|\*))$")]
Types = Annotated[list[Type], Field(min_length=1, max_length=MOST_TYPES)]


class WebhookRequest(Wire):
    """A new webhook."""

    url: Url = Field(
        description="Where events are posted: `https`, on port 443 or 8443, out on the internet.",
        examples=[_URL],
    )
    types: Types = Field(description=_WORDS, examples=[["web_order.received", "clients.*"]])
    description: Description = Field("", description="What it is for, in one line.", examples=["Lab orders"])
    key_id: UUID | None = Field(
        None,
        description="The own API key by which it hears what it hears; a key asks for itself without one.",
        examples=[_KEY],
    )


class WebhookChange(Wire):
    """What is to be different of a webhook; what is left out stays."""

    url: Url | None = Field(None, description="Where events are posted.", examples=[_URL])
    types: Types | None = Field(None, description=f"{_WORDS} All there are to be.", examples=[["clients.*"]])
    description: Description | None = Field(None, description="What it is for.", examples=["Lab orders"])


class WebhookAnswer(Answer):
    """An address that is told of events."""

    id: UUID = Field(description="The webhook's id.", examples=[_ID])
    version: int = Field(description="Grows with each change; the `ETag`.", examples=[1])
    key_id: UUID = Field(description="The API key whose rights it has.", examples=[_KEY])
    owner_id: UUID = Field(
        description="The user whose key that is: they alone choose where events go.", examples=[_USER]
    )
    url: str = Field(description="Where events are posted.", examples=[_URL])
    description: str = Field(description="What it is for.", examples=["Lab orders"])
    types: list[str] = Field(description=_WORDS, examples=[["web_order.received", "clients.*"]])
    is_active: bool = Field(description="Whether it is told anything.", examples=[True])
    paused_code: WebhookPause | None = Field(
        description="Why it is told nothing: by hand, its key has ended, it answered 410, or took nothing"
        " for five days.",
        examples=[None],
    )
    failing_since: datetime | None = Field(
        description="Since when it has taken nothing; none while it takes what it is told.", examples=[None]
    )
    waiting: int = Field(description="Events that wait for it.", examples=[0])
    first_revision: int = Field(
        description="From which revision on its events are known, and can be replayed.", examples=[18]
    )
    known_since: datetime = Field(
        description="Since when its events are known, and can be replayed.", examples=[_INSTANT]
    )
    former_until: datetime | None = Field(
        description="Until when posts are signed by the former secret too.", examples=[None]
    )
    created_at: datetime = Field(description="When it was made.", examples=[_INSTANT])
    changed_at: datetime = Field(description="When it was last changed.", examples=[_INSTANT])


class WebhookSecretAnswer(WebhookAnswer):
    """A webhook with a new secret, told this once."""

    secret: str = Field(
        description="By which posts are signed: `whsec_` and the key of the HMAC in Base64. It is told now"
        " and never again.",
        examples=[_SECRET],
    )


class WebhookList(Answer):
    """Webhooks."""

    webhooks: list[WebhookAnswer] = Field(description="The newest first.")


class RotateRequest(Wire):
    """How another secret takes the place of the one there is."""

    overlap_hours: int = Field(
        24,
        ge=0,
        le=168,
        description="For how many hours posts are signed by both; 0 where the old one is known to others.",
        examples=[24],
    )


class ReplayRequest(Wire):
    """From where on events are to be told once more: from a revision, or since an instant."""

    from_revision: int | None = Field(
        None,
        ge=0,
        le=2**53 - 1,
        description="The first revision whose events are wanted; none with an instant.",
        examples=[18],
    )
    since: AwareDatetime | None = Field(
        None, description="From when on events are wanted; none with a revision.", examples=[None]
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "ReplayRequest":
        if (self.from_revision is None) == (self.since is None):
            raise PydanticCustomError("revision_or_instant", "Events are told from a revision or an instant.")
        return self


class ReplayAnswer(Answer):
    """How many events are told once more."""

    waiting: int = Field(description="How many there are, those under way among them.", examples=[12])


class AttemptAnswer(Answer):
    """One try to tell an event."""

    at: datetime = Field(description="When it ended.", examples=[_INSTANT])
    status: int | None = Field(description="The status of the answer; none without one.", examples=[200])
    milliseconds: int = Field(description="How long it took.", examples=[84])
    code: str | None = Field(description="What went wrong; none where it was taken.", examples=[None])
    message: str | None = Field(description="The same in a sentence.", examples=[None])
    said: str = Field(description="How the answer begins.", examples=["ok"])


class DeliveryAnswer(Answer):
    """What became of telling an event to a webhook."""

    event_id: UUID = Field(description="The event, the `webhook-id` of its posts.", examples=[_EVENT])
    type: str = Field(description="The kind of event.", examples=["clients.changed"])
    record_id: UUID | None = Field(
        description="The record it is about; none where the webhook's key may not see it now.",
        examples=[_RECORD],
    )
    revision: int = Field(description="The revision it was written at.", examples=[18])
    happened_at: datetime = Field(description="When it happened.", examples=[_INSTANT])
    state: WebhookState = Field(
        description="Where it stands; `skipped` is what the key may not see, or what waited for a webhook"
        " that is gone.",
        examples=["delivered"],
    )
    tries: int = Field(description="How often it was posted since it last began to wait.", examples=[1])
    replays: int = Field(description="How often it was to be told once more.", examples=[0])
    due_at: datetime | None = Field(
        description="When it is posted next; none of one that has ended.", examples=[None]
    )
    last_status: int | None = Field(description="The status of the last answer.", examples=[200])
    last_code: str | None = Field(description="What went wrong at last.", examples=[None])
    message: str | None = Field(description="The same in a sentence.", examples=[None])
    ended_at: datetime | None = Field(description="When it was taken or given up.", examples=[_INSTANT])


class WholeDeliveryAnswer(DeliveryAnswer):
    """A delivery with what is posted, and its last tries."""

    body: str | None = Field(
        description="The body as it is posted, to the byte; none where the webhook's key may not see now what"
        " it is about.",
        examples=['{"type":"clients.changed"}'],
    )
    attempts: list[AttemptAnswer] = Field(description="The last twelve tries, the latest last.")


class DeliveryPage(Answer):
    """Some of the deliveries of a webhook."""

    deliveries: list[DeliveryAnswer] = Field(description="The newest event first.")
    next_page: UUID | None = Field(
        description="What `page` is for the next; none at the end.", examples=[None]
    )


class WebhookTypeAnswer(Answer):
    """A kind of event."""

    name: str = Field(description="Its name, as in `types`.", examples=["clients.changed"])
    description: str = Field(
        description="What has happened.", examples=["A record of clients has another version."]
    )
    collection: str | None = Field(
        description="The collection whose records one must be able to see to hear of it.",
        examples=["clients"],
    )


class WebhookTypeList(Answer):
    """The kinds of events there are."""

    types: list[WebhookTypeAnswer] = Field(description="All of them.")


def told(hook: Webhook, owner_id: UUID, waiting: int) -> dict[str, Any]:
    """Return what is told of a webhook of somebody's key, without its secrets."""
    kept = hook.model_dump(include=set(WebhookAnswer.model_fields))
    worked_out = {"first_revision": hook.heard_from, "known_since": hook.known_since, "waiting": waiting}
    return {**kept, **worked_out, "id": hook.endpoint_id, "owner_id": owner_id}


def told_of(delivery: Any, *, is_seen: bool) -> dict[str, Any]:
    """Return what is told of a delivery's row: not of which record, where the key may not see that."""
    kept = {name: delivery[name] for name in delivery.keys() & DeliveryAnswer.model_fields.keys()}
    if not is_seen:
        kept["record_id"] = None
    is_open = delivery["state"] in (WebhookState.WAITING, WebhookState.SENDING)
    return {
        **kept,
        "due_at": delivery["due_at"] if is_open else None,
        "replays": delivery["replay"],
        "message": sentence_of(delivery["last_code"]),
    }


def told_of_kind(kind: Kind) -> WebhookTypeAnswer:
    """Return what is told of a kind of event."""
    return WebhookTypeAnswer(name=kind.name, description=kind.description, collection=kind.collection)
