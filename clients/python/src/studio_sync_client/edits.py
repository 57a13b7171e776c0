"""What a user does to records: laid over the local copy and queued, each save in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from studio_sync_client import outbox, records
from studio_sync_client.errors import AlreadyHeld, Json, NotHeld, SignedOut, TooMuchAtOnce
from studio_sync_client.store import Store


@dataclass(slots=True)
class Save:
    """What one screen saves: changes that are stored together and stand or fall together."""

    changes: list[Json] = field(default_factory=list)

    def create(self, collection: str, fields: Mapping[str, Any], record_id: str | None = None) -> str:
        """Make a record and return its id, which is a random one unless given."""
        made = str(UUID(record_id)) if record_id else str(uuid4())
        self._add("create", collection, made, fields=dict(fields))
        return made

    def patch(self, collection: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Change some fields of a record: those the user changed and no others."""
        self._add("patch", collection, record_id, fields=dict(fields))

    def delete(self, collection: str, record_id: str) -> None:
        """Delete a record."""
        self._add("delete", collection, record_id)

    def command(
        self, collection: str, record_id: str, command: str, fields: Mapping[str, Any] | None = None
    ) -> None:
        """Have the server do something with a record; what that is shows with the next pull."""
        self._add("command", collection, record_id, command=command, fields=dict(fields or {}))

    def _add(self, op: str, collection: str, record_id: str, **more: Any) -> None:
        self.changes.append({"collection": collection, "id": record_id, "op": op, **more})


def store_save(store: Store, save: Save, now: float) -> None:
    """Store the changes of one screen: numbered, queued and laid over the records, all of it or nothing.

    Raises `NotHeld`, `AlreadyHeld`, `TooMuchAtOnce` and, before the first sign-in, `SignedOut`.
    """
    if len(save.changes) > outbox.limits(store)["max_changes"]:
        raise TooMuchAtOnce(f"{len(save.changes)} changes in one save")
    group = uuid4().hex if len(save.changes) > 1 else None
    made_at = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    with store.transaction():
        if store.state("owner") is None:
            raise SignedOut
        for change in save.changes:
            _check(store, change)
            base = (
                None
                if change["op"] == "create"
                else records.revision(store, change["collection"], change["id"])
            )
            outbox.add(store, {**change, "group": group, "base_revision": base, "client_time": made_at})
            records.lay_over(store, change["collection"], change["id"])


def _check(store: Store, change: Json) -> None:
    is_there = records.get(store, change["collection"], change["id"]) is not None
    if change["op"] == "create" and is_there:
        raise AlreadyHeld(f"{change['collection']} {change['id']}")
    if change["op"] != "create" and not is_there:
        raise NotHeld(f"{change['collection']} {change['id']}")
