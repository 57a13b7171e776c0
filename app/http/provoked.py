"""The line that provokes each refusal, as kept for whoever reads about it and for the test that runs it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parents[2] / "openapi" / "provoked.toml"


@dataclass(frozen=True, slots=True)
class Provoked:
    """How one code is provoked: what is done before, the line that is refused, and why it is.

    A line is a verb, an address, headers in brackets, and a body: openapi/provoked.toml says how to read it.
    """

    given: tuple[str, ...]
    line: str
    because: str


@cache
def provoked() -> dict[str, Provoked]:
    """Return how refusals are provoked, by their codes; those that no line provokes are not among them.

    Where a server was installed without the file, it tells of none.
    """
    if not _FILE.exists():
        return {}
    kept = tomllib.loads(_FILE.read_text())
    scenes: dict[str, list[str]] = kept.pop("scenes")
    return {code: _read(each, scenes) for code, each in kept.items()}


def _read(each: dict[str, Any], scenes: dict[str, list[str]]) -> Provoked:
    given: list[str] = []
    for entry in each.get("given", ()):
        given += scenes.get(entry, (entry,))
    return Provoked(tuple(given), each["line"], each["because"])
