"""The stories as they are written, and what their words mean today."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from clients.scenarios.desk import Json

FOLDER = Path(__file__).parent
SCHEMA = FOLDER / "scenario.schema.json"


@dataclass(frozen=True, slots=True)
class Story:
    """A story of a file; `is_told_daily` where it is not only a proof."""

    name: str
    story: str
    is_told_daily: bool
    steps: Sequence[Json]
    page_rows: int | None

    @property
    def people(self) -> list[str]:
        """Return whose phones are in it."""
        return list(dict.fromkeys(each["who"] for each in self.steps if each["who"] != "desk"))

    def done_at_the_desk(self, what: str) -> list[Json]:
        """Return the steps in which somebody at the desk does something."""
        return [each for each in self.steps if each["who"] == "desk" and each["do"] == what]


def stories() -> list[Story]:
    """Return all stories, in the order of the table."""
    files = [path for path in FOLDER.glob("*.json") if path != SCHEMA]
    read = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return [
        Story(each["name"], each["story"], each["daily"], each["steps"], each.get("page_rows"))
        for each in sorted(read, key=lambda each: each["place"])
    ]


@dataclass
class Words:
    """What a telling means by a story's words: ids by the names of records, and words nobody else uses."""

    ids: dict[str, str] = field(default_factory=dict)
    _own: dict[str, str] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """Return the id of a record, of a new one where the name is new."""
        return self.ids.setdefault(name, str(uuid4()))

    def values(self, written: Any) -> Any:
        """Return what written values are today."""
        if isinstance(written, list):
            return [self.values(each) for each in written]
        return self._value(written) if isinstance(written, dict) else written

    def _value(self, written: Json) -> Any:
        match written:
            case {"$id": name}:
                return self.ids[name]
            case {"$day": days}:
                return str(datetime.now(UTC).date() + timedelta(days=days))
            case {"$word": word}:
                return self._own.setdefault(word, f"{word} {uuid4().hex[:8]}")
            case {"$long": length}:
                return "x" * length
        return written if "$not" in written else {name: self.values(each) for name, each in written.items()}
