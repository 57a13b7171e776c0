"""Pictures sent by tus, made smaller, and served by their links, beside writing the same bytes to a disk."""

import asyncio
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
from PIL import Image

from app.core.principal import Principal
from app.core.settings import Settings
from app.galleries.files import Place, Size, opened
from app.galleries.kinds import MediaType
from app.galleries.links import link
from app.galleries.tending import Tending
from app.galleries.tus import MEDIA_TYPE, RESUMABLE
from app.sync.store import Write, write
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.serving import Served, free_port, served
from benchmarks.studios import PASSWORD, client_fields, new_account

_NUMBERS = count(1)
_WIDTH, _HEIGHT = 2_400, 1_600
_AT_ONCE = 8
_WORKERS = 2
_PAGE = 500


async def pictures(ground: Ground) -> list[Result]:
    """Measure pictures per second, once, as it takes long; the limit is a file each on the same disk.

    Sending is told by tenths: as memory is to stay flat, so are their peaks.
    """
    with ExitStack() as stack:
        server = stack.enter_context(_server(ground))
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
            showing = _Showing(ground, server, client)
            many = ground.size.pictures
            tenths = [range(n * many // 10, (n + 1) * many // 10) for n in range(10)]
            ways: dict[str, Way] = {
                "bare files": partial(_written, ground.data_dir, many),
                **{
                    f"send, tenth {n}": partial(showing.send, each)
                    for n, each in enumerate(tenths, 1)
                    if each
                },
                f"make smaller, {_WORKERS} processes": showing.make_smaller,
                "serve thumbnails": partial(showing.serve, "thumbnail"),
                "serve thumbnails to a client": showing.serve_client,
                "serve web sizes": partial(showing.serve, "web"),
            }
            await showing.open()
            return await compare("pictures", "pictures", ways, rounds=1, is_warm=True)


@contextmanager
def _server(ground: Ground) -> Iterator[Served]:
    """Serve without a beat: what it would do is measured by itself."""
    port = free_port()
    settings = {"DATABASE_URL": ground.database_url, "DATA_DIR": str(ground.data_dir), "PORT": str(port)}
    settings |= {"DEMO_CLIENTS": "0", "WORKERS": "1", "LOG_LEVEL": "ERROR", "BEAT": "false"}
    with served([sys.executable, "-m", "app", "serve"], settings, port, "/health/ready") as running:
        yield running


def _photograph() -> bytes:
    """Return a picture as large as those of a small camera."""
    sink = BytesIO()
    Image.effect_noise((_WIDTH, _HEIGHT), 24).convert("RGB").save(sink, "JPEG", quality=80)
    return sink.getvalue()


def _content(base: bytes, n: int) -> bytes:
    """Return a picture that is like no other: what stands behind its end is nobody's."""
    return base + n.to_bytes(8)


async def _written(folder: Path, many: int) -> Work:
    base = _photograph()
    with TemporaryDirectory(dir=folder) as made:
        began = perf_counter()
        for n in range(many):
            await asyncio.to_thread((Path(made) / str(n)).write_bytes, _content(base, n))
        return Work(many, len(base) * many, perf_counter() - began)


class _Showing:
    """A new studio's session and its pictures."""

    def __init__(self, ground: Ground, server: Served, client: httpx.AsyncClient) -> None:
        self._ground, self._server, self._client = ground, server, client
        self._headers: dict[str, str] = {}
        self._account_id = self._session_id = UUID(int=0)
        self._name = ""
        self._base = _photograph()

    async def open(self) -> None:
        """Open a studio with a session."""
        name = f"showing-{next(_NUMBERS)}"
        account_id = (await new_account(self._ground, name)).account_id
        client_id, session_id = uuid4(), uuid4()
        made = [
            Write("companies", account_id, {"has_galleries": True}),
            Write("clients", client_id, client_fields(1)),
            Write("sessions", session_id, {"client_id": str(client_id)}),
        ]
        async with self._ground.database.writing(account_id) as session:
            await write(session, Principal.system(account_id), made)
        self._account_id, self._session_id, self._name = account_id, session_id, name

    async def _sign_in(self) -> None:
        """Sign the administrator in anew: a token ends long before ten thousand pictures are made smaller."""
        words = {"account": self._name, "initials": "JD", "password": PASSWORD}
        answer = await self._client.post("/v1/auth/login", json=words)
        self._headers = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    async def send(self, numbers: Sequence[int]) -> Work:
        """Send so many files, a few at once, each in one piece as clients of tus do by themselves."""
        await self._sign_in()
        begun = self._begin()
        await _each(numbers, self._send)
        return self._done(begun, len(numbers), len(numbers) * len(self._base))

    async def _send(self, n: int) -> None:
        content = _content(self._base, n)
        name = b64encode(f"IMG_{n:05}.jpg".encode()).decode()
        told = {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        path = f"/v1/sessions/{self._session_id}/pictures"
        answer = await self._client.post(path, headers={**self._headers, **RESUMABLE, **told})
        where = answer.raise_for_status().headers["location"]
        told = {"Upload-Offset": "0", "Content-Type": MEDIA_TYPE}
        answer = await self._client.patch(
            where, content=content, headers={**self._headers, **RESUMABLE, **told}
        )
        answer.raise_for_status()

    async def make_smaller(self) -> Work:
        """Make the smaller sizes of all; the memory is that of the processes that do it."""
        ground, us = self._ground, psutil.Process()
        files = opened(Settings(data_dir=ground.data_dir))
        tending = Tending(ground.database, files, workers=_WORKERS)
        began, busy, peak = perf_counter(), us.cpu_times(), 0.0
        doing = asyncio.create_task(self._tend(tending))
        while not doing.done():
            peak = max(peak, sum(_held(each) for each in us.children()))
            await asyncio.wait({doing}, timeout=0.2)
        await doing
        many, now = ground.size.pictures, us.cpu_times()
        spent = sum(now[:4]) - sum(busy[:4])
        return Work(many, seconds=perf_counter() - began, cpu_seconds=spent, peak_megabytes=peak)

    async def _tend(self, tending: Tending) -> None:
        while not await self._is_ready():
            await tending.look_after(self._account_id)

    async def _is_ready(self) -> bool:
        sql = "SELECT count(*) FROM pictures WHERE account_id = $1 AND state = 'ready'"
        found: int = await self._ground.direct.fetchval(sql, self._account_id)
        return found == self._ground.size.pictures

    async def serve(self, size: str) -> Work:
        """Read a size of all, a few at once."""
        return await self._serve([link async for link in self._links(size)])

    async def serve_client(self) -> Work:
        """Read all thumbnails as a client does: each is looked up in the database."""
        ground = self._ground
        shown = Write("sessions", self._session_id, {"gallery_state": "online"})
        async with ground.database.writing(self._account_id) as session:
            await write(session, Principal.system(self._account_id), [shown])
        sql = "UPDATE pictures SET is_online = true WHERE account_id = $1 RETURNING id"
        rows = await ground.direct.fetch(sql, self._account_id)
        places = [Place(self._account_id, self._session_id, row["id"]) for row in rows]
        return await self._serve(
            [
                link(ground.keys, each, Size.THUMBNAIL, MediaType.JPEG, "", rendered_as_of=None)
                for each in places
            ]
        )

    async def _serve(self, links: Sequence[str]) -> Work:
        begun, found = self._begin(), list[int]()

        async def read(link: str) -> None:
            answer = await self._client.get(link)
            found.append(len(answer.raise_for_status().content))

        await _each(links, read)
        return self._done(begun, len(found), sum(found))

    async def _links(self, size: str) -> Any:
        await self._sign_in()
        query: dict[str, Any] = {"limit": _PAGE}
        while True:
            path = f"/v1/sessions/{self._session_id}/pictures"
            answer = await self._client.get(path, params=query, headers=self._headers)
            told = answer.raise_for_status().json()
            for each in told["pictures"]:
                yield each["links"][size]
            if told["next_page"] is None:
                return
            query["page"] = told["next_page"]

    def _begin(self) -> tuple[float, float]:
        self._server.forget_peak()
        return perf_counter(), self._server.cpu_seconds

    def _done(self, begun: tuple[float, float], many: int, size: int) -> Work:
        return Work(
            many,
            size,
            seconds=perf_counter() - begun[0],
            cpu_seconds=self._server.cpu_seconds - begun[1],
            peak_megabytes=self._server.peak_megabytes,
        )


async def _each(things: Sequence[Any], do: Callable[[Any], Awaitable[None]]) -> None:
    """Do something with each, a few at once."""
    waiting = iter(things)

    async def go_on() -> None:
        for each in waiting:
            await do(each)

    await asyncio.gather(*(go_on() for _ in range(_AT_ONCE)))


def _held(process: psutil.Process) -> float:
    """Return the megabytes of a process that makes pictures smaller; of others none."""
    try:
        is_worker = "app.readers.pictures" in process.cmdline()
        return float(process.memory_info().rss) / 2**20 if is_worker else 0.0
    except psutil.NoSuchProcess:
        return 0.0
