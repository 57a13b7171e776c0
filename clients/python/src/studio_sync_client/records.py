"""The records as the user sees them: the server's copies with the unpushed edits laid over them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio_sync_client import outbox
from studio_sync_client.errors import Json
from studio_sync_client.store import Store

Key = tuple[str, str]
"""A collection and the id of a record in it."""
INBOX = "inbox"
Buckets = dict[str, dict[str, int]]
"""Revisions by id, by the last two digits of the id."""

_SHOWN = "nullif(coalesce(mine, body), 'null')"
_EDITED = "EXISTS (SELECT 1 FROM queue q WHERE (q.collection, q.id) = (records.collection, records.id))"


def get(store: Store, collection: str, record_id: str) -> Json | None:
    """Return a record, None when it is not there."""
    found = store.row(f"SELECT {_SHOWN} FROM records WHERE collection = ? AND id = ?", collection, record_id)
    return json.loads(found[0]) if found and found[0] else None


def where(
    store: Store, collection: str, fields: Mapping[str, Any], order_by: Sequence[str] = ()
) -> list[Json]:
    """Return the records whose fields have these values, in the order of some fields and then of ids."""
    # Names of fields are parameters too: none ever becomes a part of the statement.
    is_so = "".join(f" AND json_extract({_SHOWN}, ?) IS ?" for _ in fields)
    order = "".join(f"json_extract({_SHOWN}, ?), " for _ in order_by)
    shown = f"SELECT {_SHOWN} FROM records WHERE collection = ? AND {_SHOWN} IS NOT NULL"
    sql = f"{shown}{is_so} ORDER BY {order}id"
    compared = [part for name, value in fields.items() for part in (_path(name), value)]
    return [json.loads(found) for (found,) in store.rows(sql, collection, *compared, *map(_path, order_by))]


def body(store: Store, collection: str, record_id: str) -> Json | None:
    """Return our copy of the server's record, None when there is none."""
    found = store.row("SELECT body FROM records WHERE collection = ? AND id = ?", collection, record_id)
    return json.loads(found[0]) if found and found[0] else None


def revision(store: Store, collection: str, record_id: str) -> int | None:
    """Return the revision of our copy of the server's record."""
    found = store.row("SELECT revision FROM records WHERE collection = ? AND id = ?", collection, record_id)
    return found[0] if found else None


def buckets(store: Store, collection: str) -> Buckets:
    """Return what there is of the server's copies that belong on this device."""
    sql = """
    SELECT id, revision FROM records
    WHERE collection = ? AND body IS NOT NULL AND NOT is_leaving AND NOT is_ours
    """
    found: Buckets = {}
    for record_id, revision in store.rows(sql, collection):
        found.setdefault(record_id[-2:], {})[record_id] = revision
    return found


def put(store: Store, collection: str, records: Sequence[Json]) -> None:
    """Store what a page puts over whatever is there: these records belong on this device."""
    sql = """
    INSERT INTO records (collection, id, revision, body) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET revision = excluded.revision, body = excluded.body, is_leaving = 0, is_ours = 0
    """
    store.write_each(sql, [(collection, each["id"], each["revision"], json.dumps(each)) for each in records])


def is_ours(store: Store, key: Key) -> bool:
    """Say whether what we have of a record was taken in as sent, and no page has brought it since."""
    return store.row("SELECT 1 FROM records WHERE collection = ? AND id = ? AND is_ours", *key) is not None


def doubt_ours(store: Store) -> None:
    """Have what was taken in as sent compared too, without a revision: no page is going to bring it."""
    with store.transaction():
        store.write("UPDATE records SET revision = 0, is_ours = 0 WHERE is_ours AND body IS NOT NULL")


def correct(store: Store, key: Key, body: Json | None, *, is_ours: bool = False) -> None:
    """Store what a verdict tells of a record; whether it belongs on this device is not the verdict's to say.

    A removal that waits for it stays: the server counts on it. What `is_ours` is not compared with what must
    be held: its revision is the server's, what the server made of it is not known yet.
    """
    text, revision = (json.dumps(body), body["revision"]) if body else (None, None)
    sql = "UPDATE records SET body = ?, revision = ?, is_ours = ? WHERE collection = ? AND id = ?"
    store.write(sql, text, revision, is_ours, *key)


def leave(store: Store, collection: str, ids: Iterable[str]) -> None:
    """Have records dropped: at once, or when their unpushed edits have been judged."""
    rows = [(collection, each) for each in ids]
    store.write_each(f"DELETE FROM records WHERE collection = ? AND id = ? AND NOT {_EDITED}", rows)
    store.write_each("UPDATE records SET is_leaving = 1 WHERE collection = ? AND id = ?", rows)


def leave_all(store: Store) -> None:
    """Have every record dropped, as a first page demands; unpushed edits stay."""
    store.write(f"DELETE FROM records WHERE NOT {_EDITED}")
    store.write("UPDATE records SET is_leaving = 1")


def lay_over(store: Store, collection: str, record_id: str) -> None:
    """Work out anew what the user sees of a record; one without edits that is to leave is dropped."""
    key = (collection, record_id)
    changes = outbox.changes_of(store, *key)
    if not changes:
        store.write("UPDATE records SET mine = NULL WHERE collection = ? AND id = ?", *key)
        gone = "DELETE FROM records WHERE collection = ? AND id = ? AND (is_leaving OR body IS NULL)"
        store.write(gone, *key)
        return
    shown = body(store, *key)
    for change in changes:
        shown = after(store, shown, change)
    sql = """
    INSERT INTO records (collection, id, mine) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET mine = excluded.mine
    """
    store.write(sql, *key, json.dumps(shown))


def after(store: Store, record: Json | None, change: Json) -> Json | None:
    """Return a record as it is after a change, as far as this side can tell; None is no record.

    A new one has the defaults of the manifest in what was left out, as it will have there.
    """
    fields = change.get("fields", {})
    match change["op"]:
        case "create":
            defaults = (store.state("manifest") or {}).get("defaults", {})
            made = {"id": change["id"], "revision": None, **defaults.get(change["collection"], {})}
            return {**(record or made), **fields}
        case "patch":
            return None if record is None else {**record, **_resolved(record, fields)}
        case "delete":
            return None
        case "command" if record is not None and change["collection"] == INBOX:
            return {**record, "resolution": fields.get("resolution")}
        case _:
            return record


def _resolved(record: Json, fields: Json) -> Json:
    """Return fields as they will be: members added to a list, or removed from it, make a whole one."""
    return {name: _changed(record.get(name), value) for name, value in fields.items()}


def _changed(before: Any, value: Any) -> Any:
    is_by_members = isinstance(before, list) and isinstance(value, dict) and value.keys() <= {"add", "remove"}
    if not is_by_members:
        return value
    gone = {_member(each) for each in value.get("remove", [])}
    after = {_member(each): each for each in before if _member(each) not in gone}
    return list({**after, **{_member(each): each for each in value.get("add", [])}}.values())


def _member(each: Any) -> str:
    """Return what a member is known by: an element's id, otherwise itself."""
    return str(each.get("id") if isinstance(each, dict) else each).lower()


def _path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'
