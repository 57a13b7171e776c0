"""`python -m benchmarks.counts`: what can be counted, and is the same on any machine, however busy.

The round trips of an edit from one phone to another, and the bytes a copy that has drifted takes to heal
beside those of a copy made anew. The phones are the Python client's, the bytes those of bodies on the wire.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Annotated

import httpx
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from app.demo.sign_in import DemoUser, SignIn
from benchmarks.ground import Size, ground
from benchmarks.serving import ROOT

sys.path.append(str(ROOT / "clients" / "python" / "src"))  # it is not installed here

from studio_sync_client import Client, Device

_DRIFTED = 5
_SOON = 60
"""Seconds a poke is waited for at most."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests something took, and the bytes of their bodies."""

    what: str
    requests: int
    bytes_up: int
    bytes_down: int


class Counting(httpx.BaseTransport):
    """Counts what passes."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.forget()

    def forget(self) -> None:
        """Begin to count."""
        self.requests = self.bytes_up = self.bytes_down = 0

    def told(self, what: str) -> Count:
        """Return what was counted."""
        return Count(what, self.requests, self.bytes_up, self.bytes_down)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        answer = self._inner.handle_request(request)
        body = b"".join(answer.iter_raw())
        answer.close()
        self.requests += 1
        self.bytes_up += len(request.content)
        self.bytes_down += len(body)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class Phone:
    """A phone of the demo studio, with everything there is."""

    def __init__(self, url: str, account: str, user: DemoUser, path: Path) -> None:
        self.wire = Counting()
        device = Device("Counted", "None", "none", "1.0.0")
        self.client = Client(path, url, device, transport=self.wire)
        self.client.sign_in(account, user.initials, user.password)

    def count(self, what: str, act: Callable[[], object]) -> Count:
        """Count what something takes."""
        self.wire.forget()
        act()
        return self.wire.told(what)


def main(
    *,
    clients: Annotated[int, typer.Option(help="Clients of the studio; 300 make about 6,000 records.")] = 300,
    path: Annotated[Path | None, typer.Option("--json", help="Where to keep the figures.")] = None,
) -> None:
    """Count round trips and bytes."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        counts = runner.run(_counted(Size(clients)))
    table = Table("What", "Round trips", "KB up", "KB down")
    for each in counts:
        table.add_row(
            each.what, str(each.requests), f"{each.bytes_up / 1e3:.1f}", f"{each.bytes_down / 1e3:.1f}"
        )
    Console().print(table)
    if path:
        path.write_text(json.dumps([asdict(each) for each in counts], indent=2) + "\n")


async def _counted(size: Size) -> list[Count]:
    async with ground(size) as made:
        sign_in = (await made.demo()).sign_in
        return await asyncio.to_thread(partial(_count, made.served.url, sign_in))


def _count(url: str, sign_in: SignIn) -> list[Count]:
    with TemporaryDirectory() as folder:
        one, other = (
            Phone(url, sign_in.account, user, Path(folder) / f"{place}.db")
            for place, user in enumerate(sign_in.users[:2])
        )
        first = other.count("first sync", other.client.sync)
        one.client.sync()
        counts = [first, *_edit(one, other), *_heal(other)]
        for each in (one, other):
            each.client.close()
        return counts


def _edit(one: Phone, other: Phone) -> list[Count]:
    """Count an edit on its way from one phone to another that listens."""
    client = one.client.all("clients")[0]["id"]
    has_come = Event()

    def syncs() -> None:
        other.client.sync()
        if other.client.where("clients", id=client, job_title="Pilot"):
            has_come.set()

    other.wire.forget()
    with other.client.listen(syncs):
        one.client.patch("clients", client, {"job_title": "Pilot"})
        sent = one.count("an edit: sent by the one who made it", one.client.sync)
        if not has_come.wait(_SOON):
            raise TimeoutError("nobody was poked")
    return [sent, other.wire.told("an edit: fetched by another who was poked")]


def _heal(phone: Phone) -> list[Count]:
    """Count what it takes to compare a copy, to repair one that has drifted, and to fetch all anew."""
    store = phone.client._store  # noqa: SLF001 - no call of a client makes its copy wrong
    same = phone.count("a copy compared and right", partial(phone.client.sync, verify=True))
    for each in phone.client.all("clients")[:_DRIFTED]:
        store.write("DELETE FROM records WHERE id = ?", each["id"])
    healed = phone.count(
        f"a copy healed that had lost {_DRIFTED} records", partial(phone.client.sync, verify=True)
    )
    store.keep("pull", {**store.state("pull"), "cursor": None})
    anew = phone.count("the same copy fetched anew", phone.client.sync)
    return [same, healed, anew]


if __name__ == "__main__":
    typer.run(main)
