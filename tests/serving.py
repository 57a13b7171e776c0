"""Servers of tests: asked in this process, on a port of it, and as processes of their own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

from app.accounts.operator import hash_of
from app.core.settings import Settings
from tests.pooler import environment_for

BASE_URL = "http://studio.test"
_MORE_THAN_ANY_PHONE_ASKS = 1_000_000
_STARTED_WITHIN = 120
_ROOT = Path(__file__).resolve().parents[1]
_SERVE = [sys.executable, "-m", "app", "serve"]
_READY = b"Application startup complete"

TRUST = httpx.create_ssl_context()
"""For clients of servers on ports: to read the machine's certificates takes as long as many requests."""

OPERATOR_KEY = "the key of whoever runs the servers of tests"


def unhurried(database_url: str, folder: Path, **chosen: Any) -> Settings:
    """Return the settings of a server that can be asked as often as one likes."""
    return Settings(
        database_url=database_url,
        data_dir=folder,
        operator_key_hash=hash_of(OPERATOR_KEY),
        requests_per_address=_MORE_THAN_ANY_PHONE_ASKS,
        requests_per_caller=_MORE_THAN_ANY_PHONE_ASKS,
        requests_per_key=_MORE_THAN_ANY_PHONE_ASKS,
        **chosen,
    )


class Door(httpx.BaseTransport):
    """The way into a server from outside its event loop; an exception inside it is a 500.

    `run` has a coroutine function called with a request on the loop that serves, and returns its answer.
    """

    def __init__(self, app: FastAPI, run: Callable[..., httpx.Response]) -> None:
        self._run = run
        self._inside = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._run(self._pass_on, request)

    async def _pass_on(self, request: httpx.Request) -> httpx.Response:
        inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        answer = await self._inside.handle_async_request(inner)
        content = b"".join([piece async for piece in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@asynccontextmanager
async def on_a_port(app: Starlette, **chosen: Any) -> AsyncIterator[str]:
    """Serve on a port of this machine's own, in this loop, and return the URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, **chosen))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def a_process(workers: int, **settings: str) -> AsyncIterator[tuple[Process, list[bytes]]]:
    """Serve as `python -m app serve` does; the lines are those it has logged, in the end all of them."""
    process = await asyncio.create_subprocess_exec(
        *_SERVE,
        cwd=_ROOT,
        env={**os.environ, "DEMO_CLIENTS": "0", "WORKERS": str(workers), **environment_for(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    lines: list[bytes] = []
    try:
        while sum(_READY in line for line in lines) < workers:
            lines.append(await process.stderr.readline())
            assert lines[-1], b"".join(lines).decode()
        yield process, lines
    finally:
        if process.returncode is None:
            process.terminate()
        _, rest = await process.communicate()
        lines += rest.splitlines()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def demo_studio(folder: Path, clients: int, **settings: str) -> Iterator[None]:
    """Serve a small demo studio from a data directory, as `make run` does."""
    port, log = free_port(), folder / "serve.log"
    own = {"DATA_DIR": str(folder), "PORT": str(port), "ENVIRONMENT": "development"}
    own["DEMO_CLIENTS"] = str(clients)
    known = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with log.open("w") as out:
        server = subprocess.Popen(
            _SERVE,
            cwd=_ROOT,
            env={**known, **own, **environment_for(settings)},
            stdout=out,
            stderr=out,
        )
    try:
        _wait_until_it_answers(server, port, log)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/ready", verify=TRUST)
        except httpx.TransportError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.1)
        else:
            return
