"""The inbox: what was sent and not taken in, on whatever phone, until a person decides what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studio_sync_client import records
from studio_sync_client.errors import Json
from studio_sync_client.store import Store

Resolution = Literal["take_mine", "keep_theirs", "dismiss"]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was not taken in as it was sent.

    `typed` is what was lost, `kept` what the server has instead, none where it has no record; `reasons` are
    sentences by field. `whole` is the entry with all its fields.
    """

    id: str
    collection: str
    record_id: str
    operation: str
    command: str | None
    typed: Json
    kept: Json | None
    verdict: str
    code: str
    message: str
    reasons: dict[str, str]
    whole: Json


def entries(store: Store) -> list[Entry]:
    """Return what nobody has decided about, oldest first; a decision that waits to be sent counts."""
    found = records.where(store, records.INBOX, {"resolution": None}, ("created_at",))
    names = [name for name in Entry.__slots__ if name != "whole"]
    return [Entry(**{name: each[name] for name in names}, whole=each) for each in found]


def decision(
    resolution: Resolution, fields: Mapping[str, Any] | None, keep: Iterable[str], record_revision: int | None
) -> Json:
    """Return what the command `resolve` takes."""
    told = {"fields": dict(fields or {}), "keep": list(keep)}
    sent: Json = {"resolution": resolution, **{name: each for name, each in told.items() if each}}
    return sent if record_revision is None else {**sent, "record_revision": record_revision}
