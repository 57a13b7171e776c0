"""A file of clients brought in over HTTP: sent, checked and run, beside an INSERT of the same texts."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx

from app.desk.imports.judging import CHUNK
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.studios import PASSWORD, new_account

_NUMBERS = count(1)
_HEADINGS = "first name,last name,email,mobile phone,street,city,state,zip,birthday,notes\n"


async def imports(ground: Ground) -> list[Result]:
    """Measure rows per second, once, as it takes minutes; the limit is one INSERT for each hundred."""
    await ground.direct.execute("DROP TABLE IF EXISTS filled; CREATE TABLE filled (id uuid, body bytea)")
    async with httpx.AsyncClient(base_url=ground.served.url, timeout=120) as client:
        importing = _Importing(ground, client)
        ways: dict[str, Way] = {
            f"bare INSERT of {CHUNK}": partial(_insert, ground),
            "send": importing.send,
            "check": partial(importing.go_on, "check"),
            "run": partial(importing.go_on, "run"),
        }
        return await compare("imports", "rows", ways, rounds=1, is_warm=True)


def _lines(many: int) -> Iterator[str]:
    for n in range(many):
        name, phone = f"Ada {n},Ferris", f"518 {n // 10_000:03} {n % 10_000:04}"
        yield f"{name},ada{n}@ferris.example,{phone},{n} Mill Road,Troy,NY,12180,1984-06-21,Likes the lake\n"


async def _insert(ground: Ground) -> Work:
    bodies = [line.encode() for line in _lines(ground.size.imported)]
    began = perf_counter()
    for first in range(0, len(bodies), CHUNK):
        some = bodies[first : first + CHUNK]
        await ground.insert("filled", [uuid4() for _ in some], some)
    return Work(len(bodies), sum(map(len, bodies)), perf_counter() - began)


class _Importing:
    """One file of a new studio, on its way."""

    def __init__(self, ground: Ground, client: httpx.AsyncClient) -> None:
        self._ground, self._client = ground, client
        self._headers: dict[str, str] = {}
        self._path = ""

    async def send(self) -> Work:
        """Open a studio, and send it the file."""
        name = f"importing-{next(_NUMBERS)}"
        await new_account(self._ground, name)
        words = {"account": name, "initials": "JD", "password": PASSWORD}
        answer = await self._client.post("/v1/auth/login", json=words)
        self._headers = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
        content = (_HEADINGS + "".join(_lines(self._ground.size.imported))).encode()
        headers = {**self._headers, "Content-Type": "text/csv"}
        sending = self._client.post(
            "/v1/imports", params={"kind": "clients"}, content=content, headers=headers
        )
        began = self._begin()
        answer = await sending
        self._path = f"/v1/imports/{answer.raise_for_status().json()['id']}"
        return self._done(began, answer.json()["total"])

    async def go_on(self, doing: str) -> Work:
        """Check or run the file to its end."""
        body: Any = {"duplicates": "skip"} if doing == "run" else None
        began = self._begin()
        while True:
            answer = await self._client.post(f"{self._path}/{doing}", json=body, headers=self._headers)
            told = answer.raise_for_status().json()
            if told["state"] in ("checked", "done"):
                break
        if told["counts"]["create" if doing == "check" else "created"] != told["total"]:
            raise ValueError(f"a file that is measured must be without fault, not {told['counts']}")
        return self._done(began, told["total"])

    def _begin(self) -> tuple[float, float]:
        self._ground.served.forget_peak()
        return perf_counter(), self._ground.served.cpu_seconds

    def _done(self, began: tuple[float, float], rows: int) -> Work:
        served = self._ground.served
        return Work(
            rows,
            seconds=perf_counter() - began[0],
            cpu_seconds=served.cpu_seconds - began[1],
            peak_megabytes=served.peak_megabytes,
        )
