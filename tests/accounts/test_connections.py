"""A refusal or a failure never costs the connection it came on: the next request on it is answered."""

import asyncio
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter, FastAPI

from app.http.body import JsonRoute
from app.http.limits import RateLimits
from app.http.porch import build_porch
from app.http.schemas import Sent, Wire
from tests.serving import on_a_port


class Word(Wire):
    word: str


def small_app() -> FastAPI:
    app, router = FastAPI(), APIRouter(route_class=JsonRoute)

    @router.get("/fails")
    async def fails() -> None:
        raise ValueError

    @router.post("/says")
    async def says(body: Sent[Word]) -> str:
        return body.word

    app.include_router(router)
    build_porch(app, RateLimits(per_address=6000, per_caller=1200))
    return app


REQUESTS = {
    "a defect": (b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\n", b"500"),
    "an unknown address": (b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
    "a wrong type": (b"POST /says HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", b"415"),
    "a wrong shape": (
        b"POST /says HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        b"422",
    ),
    "a large body": (
        b"POST /says HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n"
        + b" " * 2_000_000,
        b"413",
    ),
}


@pytest.mark.parametrize(("request_bytes", "status"), REQUESTS.values(), ids=REQUESTS)
async def test_the_connection_goes_on(request_bytes: bytes, status: bytes) -> None:
    async with on_a_port(small_app(), lifespan="off") as url, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        for _ in range(2):
            writer.write(request_bytes)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.split(b" ")[1] == status
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]))
        writer.close()
        await writer.wait_closed()
