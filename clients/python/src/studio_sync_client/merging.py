"""Records that were merged with others: who stays is found by who is gone, and what waits names them."""

from collections.abc import Mapping
from typing import Any

from studio_sync_client import outbox, records
from studio_sync_client.store import Store


def follow(store: Store, collection: str, merged: Mapping[str, str]) -> None:
    """Note who stays of some merged records, and let links in what was never sent name them."""
    if not merged:
        return
    rows = [(collection, gone, stays) for gone, stays in merged.items()]
    store.write_each("INSERT OR REPLACE INTO merged (collection, id, stays) VALUES (?, ?, ?)", rows)
    for key in outbox.rewrite(store, lambda fields: _renamed(fields, merged)):
        records.lay_over(store, *key)


def survivor(store: Store, collection: str, record_id: str) -> str:
    """Return the record that has taken the place of a merged one, and of any other the record itself."""
    sql = "SELECT stays FROM merged WHERE collection = ? AND id = ?"
    while found := store.row(sql, collection, record_id):
        record_id = found[0]
    return record_id


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
