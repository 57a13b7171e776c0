"""A phone the scenarios are told to, on the client in Python: a call a line, an answer a line."""

import json
import sqlite3
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, ClassVar

from studio_sync_client import Client, Device, DeviceWiped, NoAnswer, Pace, Problem, Wanted

Json = dict[str, Any]


class BatteryDied(Exception):
    """Everything stops here: what was not committed is gone."""


class Battery(sqlite3.Connection):
    """A connection that dies over the first records that are stored once it `is_low`."""

    is_low: ClassVar[bool] = False

    def executemany(self, *told: Any) -> sqlite3.Cursor:
        """Store some rows."""
        if Battery.is_low and "INTO records" in told[0]:
            Battery.is_low = False
            raise BatteryDied
        return super().executemany(*told)


class Phone:
    """One phone and its store."""

    def __init__(self, folder: Path) -> None:
        """Have a place for the store."""
        self._folder = folder
        self._told: set[int] = set()

    def open(self, given: Json) -> Json:
        """Sign in, and open a store with nothing in it."""
        self._given = given
        self._path = self._folder / given["device"]["uid"]
        self._client = self._begin()
        self._client.sign_in(given["account"], given["initials"], given["password"])
        assert self._client.owner is not None
        return {"device_id": self._client.owner["device"]["id"]}

    def _begin(self) -> Client:
        device = Device(**self._given["device"])
        wanted = Wanted(max_rows=self._given["page_rows"]) if self._given.get("page_rows") else Wanted()
        # Each sync asks once: the story says when to ask again.
        return Client(
            self._path, self._given["base_url"], device, wanted=wanted, pace=Pace(1), connect=_connected
        )

    def sync(self, _: Json) -> None:
        """Sync."""
        self._client.sync()

    def write(self, given: Json) -> None:
        """Keep one save."""
        with self._client.save() as save:
            for edit in given["edits"]:
                if edit["op"] == "create":
                    save.create(edit["collection"], edit["fields"], edit["id"])
                elif edit["op"] == "patch":
                    save.patch(edit["collection"], edit["id"], edit["fields"])
                else:
                    save.delete(edit["collection"], edit["id"])

    def command(self, given: Json) -> None:
        """Have something done."""
        self._client.command(given["collection"], given["id"], given["command"], given["fields"])

    def read(self, given: Json) -> Json | None:
        """Return a record as the user sees it."""
        return self._client.get(given["collection"], given["id"])

    def all(self, given: Json) -> list[Json]:
        """Return the records of a collection as the user sees them."""
        return self._client.all(given["collection"])

    def told(self, _: Json) -> list[Json]:
        """Return what was refused since this was asked."""
        refusals = self._client.refusals()
        for each in refusals:
            self._client.dismiss(each)
        return [
            {
                "collection": each.collection,
                "id": each.id,
                "verdict": each.verdict,
                "code": each.code,
                "typed": each.typed,
            }
            for each in refusals
        ]

    def inbox(self, _: Json) -> list[Json]:
        """Return the entries nobody has decided about."""
        return [each.whole for each in self._client.inbox()]

    def resolve(self, given: Json) -> None:
        """Decide about an entry."""
        [entry] = [each for each in self._client.inbox() if each.id == given["id"]]
        more: Json = {name: given[name] for name in ("keep", "record_revision") if name in given}
        self._client.resolve(entry, given["resolution"], given.get("fields"), **more)

    def unpushed(self, _: Json) -> int:
        """Return how much waits to be sent."""
        return self._client.status().unpushed

    def ask(self, given: Json) -> Json:
        """Ask the server as this phone."""
        return self._client.request(given["method"], given["path"], given.get("body"))

    def die_storing(self, _: Json) -> None:
        """Have the battery die over the first records that are stored from now on."""
        Battery.is_low = True

    def restart(self, _: Json) -> None:
        """Close the app and start it again."""
        self._client.close()
        self._client = self._begin()

    def wiped(self, _: Json) -> bool:
        """Say whether nothing is left."""
        store = self._client._store
        [[records]] = store.rows("SELECT count(*) FROM records")
        return records == 0 and self._client.status().unpushed == 0 and store.state("tokens") is None

    def close(self, _: Json) -> None:
        """Close the app."""
        self._client.close()


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=5, check_same_thread=False, factory=Battery)


def _error(error: Exception) -> Json:
    code = "defect"
    if isinstance(error, NoAnswer):
        code = "unreachable"
    elif isinstance(error, DeviceWiped):
        code = "device_wiped"
    elif isinstance(error, BatteryDied):
        code = "died"
    elif isinstance(error, Problem):
        code = error.code
    return {"code": code, "message": "".join(traceback.format_exception(error))}


def main() -> None:
    """Do what is asked, line by line."""
    phones: dict[str, Phone] = {}
    with tempfile.TemporaryDirectory(prefix="phones-") as folder:
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["call"] == "open":
                phones[asked["phone"]] = Phone(Path(folder))
            try:
                answer = getattr(phones[asked["phone"]], asked["call"])(asked.get("given") or {})
                said = {"answer": answer}
            except Exception as error:  # noqa: BLE001 # whatever it is, the teller hears of it
                said = {"error": _error(error)}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
