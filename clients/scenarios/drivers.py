"""Adapters, each behind a process that does what it is told: a call a line of JSON, an answer a line."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CLIENTS = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 120
_NODE = ("node", "--no-warnings", "clients/scenarios/driver.mjs")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A client of the server: its name, what starts its driver, and what it stands on of Node's packages."""

    name: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


ADAPTERS = {
    each.name: each
    for each in (
        Adapter(
            "watermelondb", (*_NODE, "clients/watermelondb/test/driver.js"), ("javascript", "watermelondb")
        ),
        Adapter("indexeddb", (*_NODE, "clients/javascript/test/node_driver.js"), ("javascript",)),
        Adapter("tanstack", (*_NODE, "clients/tanstack/test/driver.js"), ("javascript", "tanstack")),
        Adapter(
            "python",
            (sys.executable, "clients/python/tests/driver.py"),
            environment={"PYTHONPATH": "clients/python/src"},
        ),
        Adapter("chromium", (sys.executable, "clients/scenarios/chromium.py")),
    )
}


class AdapterError(Exception):
    """What an adapter raised: its `code`, or `defect` for what none of its users should ever see."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(f"{code}: {message}")
        self.code = code


class Driver:
    """A running adapter, which plays as many phones as are opened."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            command,
            cwd=CLIENTS.parent,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            if self._process.stdin:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def ask(self, phone: str, call: str, **given: Any) -> Any:
        """Have a phone do something, and return what comes of it. Raises `AdapterError`."""
        told, heard = self._process.stdin, self._process.stdout
        assert told is not None
        assert heard is not None
        try:
            told.write(json.dumps({"phone": phone, "call": call, "given": given}) + "\n")
            told.flush()
        except BrokenPipeError as error:
            raise AdapterError("defect", f"the driver had ended before {call}") from error
        # One that asks for ever is as wrong as one that ends.
        watch = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        watch.start()
        try:
            line = heard.readline()
        finally:
            watch.cancel()
        if not line:
            raise AdapterError("defect", f"the driver ended, or did not, over {call}")
        said = json.loads(line)
        if "error" in said:
            raise AdapterError(said["error"]["code"], said["error"]["message"])
        return said["answer"]
