"""A real server and a real PostgreSQL, each a process of its own that can be killed at any moment."""

import asyncio
import multiprocessing
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import uvicorn

from app.core.embedded import Embedded
from app.core.settings import Settings
from app.main import create_app
from tests.serving import free_port

_PROCESSES = multiprocessing.get_context("forkserver")
# A server that starts again shares what it would import with the one that was killed, and nothing else.
_PROCESSES.set_forkserver_preload(["tests.faults.serving"])


class Cluster:
    """A PostgreSQL of the test's own; its data are gone when it is closed."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._use = Embedded.start(data_dir, temporary=True)

    @property
    def url(self) -> str:
        return self._use.url

    @property
    def pid(self) -> int:
        """Return the postmaster's."""
        return self._postmaster().pid

    def kill(self) -> None:
        """Kill -9 the postmaster and all its children."""
        postmaster = self._postmaster()
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family)

    def stop(self) -> None:
        """Stop it as an operator does who does not wait for clients."""
        postmaster = self._postmaster()
        postmaster.send_signal(signal.SIGINT)
        postmaster.wait()

    async def start(self) -> None:
        """Start it again on the same data."""
        await asyncio.to_thread(self._start)

    def close(self) -> None:
        self._use.close()

    def _postmaster(self) -> psutil.Process:
        pid_file = self.data_dir / "postgres" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split()[0]))

    def _start(self) -> None:
        killed, self._use = self._use, Embedded.start(self.data_dir, temporary=True)
        killed.close()


class Server:
    """The server on uvloop and httptools, on a port it keeps when it starts again."""

    def __init__(
        self, cluster: Cluster, database_url: str | None = None, pool_size: int = 10, **chosen: Any
    ) -> None:
        self.database_url = database_url or cluster.url
        self._settings = Settings(
            database_url=self.database_url,
            data_dir=cluster.data_dir,
            port=free_port(),
            demo_clients=0,
            pool_size=pool_size,
            **chosen,
        )
        self._process = _PROCESSES.Process(target=_serve, args=(self._settings,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._settings.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it can work."""
        self._process = _PROCESSES.Process(target=_serve, args=(self._settings,), daemon=True)
        await asyncio.to_thread(self._process.start)
        await self.ready()

    async def ready(self) -> None:
        """Wait until it can work."""
        retrying = httpx.AsyncHTTPTransport(retries=20)
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=self.url, transport=retrying) as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get("/health/ready")).is_success:
                        return

    async def connect(self, limit: int = 2**16) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection, for a client that misbehaves; `limit` bounds what it takes in unasked."""
        line = socket.socket()
        if limit < 2**16:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limit)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", urlsplit(self.url).port))
        return await asyncio.open_connection(sock=line, limit=limit)

    def pause(self) -> None:
        """Let it stand still, as when the machine is out of memory or moved to another one."""
        psutil.Process(self.pid).suspend()

    def go_on(self) -> None:
        """Let it go on."""
        psutil.Process(self.pid).resume()

    async def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        self._process.terminate()
        await asyncio.to_thread(self._process.join)

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.join()


def _serve(settings: Settings) -> None:
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
    )
