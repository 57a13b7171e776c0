"""The client: one store, one server, and the sync between them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from studio_sync_client import edits, inbox, merging, outbox, records, refusals, syncing
from studio_sync_client.digests import Digest, digests
from studio_sync_client.edits import Save
from studio_sync_client.errors import Json
from studio_sync_client.inbox import Entry, Resolution
from studio_sync_client.live import Listener
from studio_sync_client.paging import Page
from studio_sync_client.pulling import Puller, Wanted
from studio_sync_client.pushing import Pusher
from studio_sync_client.refusals import Refusal, Warned
from studio_sync_client.session import Device, Session
from studio_sync_client.store import Connect, Store, connect
from studio_sync_client.turns import turn
from studio_sync_client.wire import Pace, Wire

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Report:
    """What one sync did: changes judged, those refused, what was pointed out, and pages stored.

    `drifted` are collections that were not as they should be, and were repaired.
    """

    pushed: int
    refused: list[Refusal]
    warnings: list[Warned]
    pages: int
    drifted: list[str]


@dataclass(frozen=True, slots=True)
class Status:
    """How the store stands; `next_sync_at` is a time of this machine's clock, 0 before the first page."""

    usable: bool
    consistent: bool
    revision: int
    progress: Json
    unpushed: int
    refused: int
    next_sync_at: float


class Client:
    """A local copy of what one phone holds: it works without a connection, and `sync` brings it in step.

    `path` is an SQLite file, one for each account and user; threads and processes may share it. `on_page`
    hears of each page when it has been stored, `on_verdict` of each change and its verdict when that has been
    carried out. `pace` is how long to wait for a server that is busy; `connect` opens the file, such as an
    encrypted one.
    """

    def __init__(
        self,
        path: Path | str,
        base_url: str,
        device: Device,
        *,
        wanted: Wanted | None = None,
        on_page: Callable[[Page], None] = lambda _page: None,
        on_verdict: Callable[[Json, Json], None] = lambda _change, _verdict: None,
        pace: Pace | None = None,
        transport: httpx.BaseTransport | None = None,
        live_transport: httpx.AsyncBaseTransport | None = None,
        connect: Connect = connect,
    ) -> None:
        self._device = device
        self._wanted = wanted or Wanted()
        self._on_page = on_page
        self._on_verdict = on_verdict
        self._pace = pace or Pace()
        self._http = httpx.Client(base_url=base_url, transport=transport, timeout=_TIMEOUT_SECONDS)
        self._open_live = partial(
            httpx.AsyncClient, base_url=base_url, transport=live_transport, timeout=_TIMEOUT_SECONDS
        )
        self._store = Store(Path(path), connect)
        self._session = Session(self._store, Wire(self._http, self._pace), device)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and the connections."""
        self._http.close()
        self._store.close()

    # Signing in

    def sign_in(self, account: str, initials: str, password: str) -> None:
        """Sign in as a phone. Raises `WrongOwner` when the store is another account's or user's."""
        self._session.sign_in(account, initials, password)

    def sign_out(self) -> None:
        """End the sign-in; records and queue stay for the next one."""
        self._session.sign_out()

    @property
    def owner(self) -> Json | None:
        """Return whose store this is: `account`, `user` and `device` of the last sign-in."""
        return self._session.owner

    def request(self, method: str, path: str, body: Any = None) -> Json:
        """Ask the server anything that may be asked twice, as the one signed in."""
        return self._session.ask(method, path, body=body)

    # Reading

    def get(self, collection: str, record_id: str) -> Json | None:
        """Return a record as the user sees it, None when it is not there."""
        return records.get(self._store, collection, record_id)

    def all(self, collection: str) -> list[Json]:
        """Return all records of a collection."""
        return records.where(self._store, collection, {})

    def where(self, collection: str, *order_by: str, **fields: Any) -> list[Json]:
        """Return the records whose fields have these values, in the order of some fields."""
        return records.where(self._store, collection, fields, order_by)

    # Writing

    @contextmanager
    def save(self) -> Iterator[Save]:
        """Make several changes that stand or fall together, stored when the block ends without an error."""
        save = Save()
        yield save
        edits.store_save(self._store, save, self._pace.now())

    def create(self, collection: str, fields: Mapping[str, Any], record_id: str | None = None) -> str:
        """Make a record and return its id."""
        with self.save() as save:
            return save.create(collection, fields, record_id)

    def patch(self, collection: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Change some fields of a record."""
        with self.save() as save:
            save.patch(collection, record_id, fields)

    def delete(self, collection: str, record_id: str) -> None:
        """Delete a record."""
        with self.save() as save:
            save.delete(collection, record_id)

    def command(
        self, collection: str, record_id: str, command: str, fields: Mapping[str, Any] | None = None
    ) -> None:
        """Have the server do something with a record."""
        with self.save() as save:
            save.command(collection, record_id, command, fields)

    # Looking

    def status(self) -> Status:
        """Return how the store stands."""
        pull = self._store.state("pull") or {}
        return Status(
            usable=pull.get("usable", False),
            consistent=pull.get("consistent", False),
            revision=pull.get("revision", 0),
            progress=pull.get("progress", {}),
            unpushed=outbox.length(self._store),
            refused=len(self.refusals()),
            next_sync_at=pull.get("next_sync_at", 0),
        )

    def refusals(self) -> list[Refusal]:
        """Return what was not taken in and not dismissed, with what had been typed, oldest first."""
        return refusals.every(self._store)

    def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal somebody has dealt with."""
        refusals.dismiss(self._store, refusal.number)

    def inbox(self) -> list[Entry]:
        """Return what was not taken in as it was sent and nobody has decided about, oldest first.

        A user sees their own entries, from all their devices; an administrator everybody's.
        """
        return inbox.entries(self._store)

    def resolve(
        self,
        entry: Entry,
        resolution: Resolution,
        fields: Mapping[str, Any] | None = None,
        *,
        keep: Iterable[str] = (),
        record_revision: int | None = None,
    ) -> None:
        """Decide about an entry: `take_mine` does what was typed after all, but for the fields to `keep`.

        `fields` put right what was typed. With the `record_revision` that was shown, nothing is done if
        others have changed the record since. The next sync carries it out; when that is refused, the entry is
        open again.
        """
        sent = inbox.decision(resolution, fields, keep, record_revision)
        self.command(records.INBOX, entry.id, "resolve", sent)

    def survivor(self, collection: str, record_id: str) -> str:
        """Return the record that a record was merged with, or the record itself."""
        return merging.survivor(self._store, collection, record_id)

    def digests(self) -> dict[str, Digest]:
        """Return what is held of the server's records, in two numbers for each collection."""
        return digests(self._store)

    # Syncing

    def sync(self, *, verify: bool = False) -> Report:
        """Send what was done here and fetch what changed, until nothing is left of either.

        `verify` compares what is held with what must be held, as happens once a day by itself; where it
        differs, just that is repaired. Raises
        `SyncRunning` while another sync of the store runs. Whatever it raises, what was done stays done, and
        the next sync goes on from there.
        """
        with turn(self._store.path, "sync"):
            self._session.finish_wipe()
            if (self._store.state("manifest") or {}).get("app_version") != self._device.app_version:
                self._read_manifest()
            pusher = Pusher(self._store, self._on_verdict)
            puller = Puller(
                self._store, self._session, self._wanted, self._on_page, now=self._pace.now(), verify=verify
            )
            syncing.run(self._store, self._session, pusher, puller)
            warnings = [Warned.read(*each) for each in pusher.warnings]
            return Report(pusher.pushed, pusher.refused, warnings, puller.pages, puller.drifted)

    def listen(self, on_poke: Callable[[], object]) -> Listener:
        """Be told when to sync, in a thread of its own, for as long as the app is in the foreground.

        `on_poke` is called there and may sync. Use it as a context, or close it.
        """
        return Listener(self._store, self._session, on_poke, self._open_live)

    def _read_manifest(self) -> None:
        """Learn what the server takes at once and the defaults of fields, once for a version of the app."""
        told = self.request("GET", "/v1/sync/manifest")
        defaults = {
            collection["name"]: {each["name"]: each["default"] for each in collection["fields"]}
            for collection in told["collections"]
            if collection["writable"]
        }
        kept = {"app_version": self._device.app_version, "limits": told["limits"], "defaults": defaults}
        self._store.keep("manifest", kept)
