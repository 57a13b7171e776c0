"""Storing a page of a pull, and its cursor with it (C1, C2 and C4)."""

from dataclasses import dataclass, field

from studio_sync_client import merging, outbox, records
from studio_sync_client.errors import Json, SignedOut
from studio_sync_client.store import Store


@dataclass(frozen=True, slots=True)
class Page:
    """What a stored page said: the app may open when `usable`, and all is there when `consistent`.

    `progress` is done and total by collection, while under way. `merged` are records that were merged with
    another, by collection: who is gone, and who stays.
    """

    revision: int
    replace: bool
    has_more: bool
    usable: bool
    consistent: bool
    progress: dict[str, tuple[int, int]]
    put: int
    removed: int
    server_time: str
    next_sync_after: int
    merged: dict[str, dict[str, str]] = field(default_factory=dict)


def store_page(store: Store, page: Json, *, asked: str | None, now: float) -> Page | None:
    """Store a page and its cursor in one transaction.

    Returns None, and stores nothing, when the store has moved on since the page was asked for with the cursor
    `asked`. Raises `SignedOut` when it was wiped meanwhile.
    """
    with store.transaction():
        if store.state("owner") is None:
            raise SignedOut
        if cursor(store) != asked:
            return None
        if page["replace"]:
            records.leave_all(store)
        _carry_out(store, page["changes"])
        told = _told(page)
        kept = ("revision", "usable", "consistent", "progress", "server_time", "epoch", "scope")
        pull = {name: page[name] for name in kept}
        store.keep("pull", {**pull, "cursor": page["cursor"], "next_sync_at": now + page["next_sync_after"]})
    return told


def cursor(store: Store) -> str | None:
    """Return the cursor of the last page that was stored."""
    return (store.state("pull") or {}).get("cursor")


def begin_again(store: Store) -> None:
    """Ask for everything anew next time; until the first page of that has come all stays."""
    with store.transaction():
        store.keep("pull", {**(store.state("pull") or {}), "cursor": None})


def keep_cursor(store: Store, cursor: str) -> None:
    """Go on from another cursor, under which all that is held has been compared and repaired."""
    with store.transaction():
        if store.state("owner") is None:
            raise SignedOut
        store.keep("pull", {**(store.state("pull") or {}), "cursor": cursor})


def store_repairs(store: Store, changes: Json) -> None:
    """Store what repairs a copy; its cursor stays what it is."""
    with store.transaction():
        if store.state("owner") is None:
            raise SignedOut
        _carry_out(store, changes)


def _carry_out(store: Store, changes: Json) -> None:
    """Put in order of rank, which is that of the page, then remove children before their parents (C4)."""
    edited = outbox.edited(store)
    for collection, change in changes.items():
        records.put(store, collection, change["put"])
        for record in change["put"]:
            if (collection, record["id"]) in edited:
                records.lay_over(store, collection, record["id"])
    for collection, change in reversed(changes.items()):
        records.leave(store, collection, [*change["del"], *change["evict"]])
    for collection, change in changes.items():
        merging.follow(store, collection, change["merged"])


def _told(page: Json) -> Page:
    changes = page["changes"].values()
    return Page(
        revision=page["revision"],
        replace=page["replace"],
        has_more=page["has_more"],
        usable=page["usable"],
        consistent=page["consistent"],
        progress={name: (each["done"], each["total"]) for name, each in page["progress"].items()},
        put=sum(len(each["put"]) for each in changes),
        removed=sum(len(each["del"]) + len(each["evict"]) for each in changes),
        server_time=page["server_time"],
        next_sync_after=page["next_sync_after"],
        merged={name: each["merged"] for name, each in page["changes"].items() if each["merged"]},
    )
