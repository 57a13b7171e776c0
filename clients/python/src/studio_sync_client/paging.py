"""Storing a page of a pull, and its cursor with it (C1, C2 and C4)."""

from dataclasses import dataclass

from studio_sync_client import outbox, records
from studio_sync_client.errors import Json, SignedOut
from studio_sync_client.store import Store


@dataclass(frozen=True, slots=True)
class Page:
    """What a stored page said: the app may open when `usable`, and all is there when `consistent`.

    `progress` is done and total by collection, while under way.
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
        _put(store, page["changes"])
        _remove(store, page["changes"])
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


def _put(store: Store, changes: Json) -> None:
    """Put in order of rank, which is that of the page."""
    edited = outbox.edited(store)
    for collection, change in changes.items():
        records.put(store, collection, change["put"])
        for record in change["put"]:
            if (collection, record["id"]) in edited:
                records.lay_over(store, collection, record["id"])


def _remove(store: Store, changes: Json) -> None:
    """Remove children before their parents."""
    for collection, change in reversed(changes.items()):
        records.leave(store, collection, [*change["del"], *change["evict"]])


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
    )
