"""What was not taken in, kept with what had been typed until a person has dealt with it."""

import json
from dataclasses import dataclass

from studio_sync_client.errors import Json
from studio_sync_client.store import Store


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that was not taken in as it was made; `number` is what to dismiss it by.

    `verdict` is `conflict`, `rejected` or `blocked`, `merged` when a part of it was not taken in, or
    `set_aside` when the server refused the request it came with. `typed` are its fields, `fields` the reasons
    by field, `server` the record as it was then, `inbox_id` the entry of the collection `inbox` that keeps it
    on the server. `change` and `answer` are both as they went over the wire.
    """

    number: int
    collection: str
    id: str
    op: str
    typed: Json
    verdict: str
    code: str | None
    message: str | None
    fields: Json | None
    server: Json | None
    inbox_id: str | None
    change: Json
    answer: Json


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know about a change that was judged all the same."""

    collection: str
    id: str
    code: str
    message: str
    fields: tuple[str, ...]
    records: tuple[str, ...]

    @classmethod
    def read(cls, change: Json, warning: Json) -> "Warned":
        """Read a warning of the verdict on a change."""
        named = (tuple(warning["fields"]), tuple(warning["records"]))
        return cls(change["collection"], change["id"], warning["code"], warning["message"], *named)


def keep(store: Store, change: Json, answer: Json) -> Refusal:
    """Keep a refusal, as a part of the transaction that settles the change."""
    number = store.insert(
        "INSERT INTO refusals (change, answer) VALUES (?, ?)", *map(json.dumps, (change, answer))
    )
    return _read(number, change, answer)


def every(store: Store) -> list[Refusal]:
    """Return the refusals nobody has dismissed, oldest first."""
    rows = store.rows("SELECT number, change, answer FROM refusals ORDER BY number")
    return [_read(number, json.loads(change), json.loads(answer)) for number, change, answer in rows]


def dismiss(store: Store, number: int) -> None:
    """Forget a refusal that was dealt with."""
    store.write("DELETE FROM refusals WHERE number = ?", number)


def _read(number: int, change: Json, answer: Json) -> Refusal:
    return Refusal(
        number=number,
        collection=change["collection"],
        id=change["id"],
        op=change["op"],
        typed=change.get("fields", {}),
        verdict=answer["verdict"],
        code=answer.get("code"),
        message=answer.get("message"),
        fields=answer.get("fields"),
        server=answer.get("server"),
        inbox_id=answer.get("inbox_id"),
        change=change,
        answer=answer,
    )
