"""A studio whose webhooks are received on a port of this machine, by somebody who may answer anything."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI
from standardwebhooks import Webhook as Verifier

from app.core import clock
from app.core.db import Database
from app.outbox.hosts import Hosts
from app.webhooks.courier import Courier
from app.webhooks.posting import Poster
from tests.contract.conftest import house, http  # noqa: F401 - fixtures are found by their names
from tests.keys.conftest import Program, a_key, owner, studio  # noqa: F401

ORIGIN = "https://studio.example"
HERE = Hosts(allows_private=True, allows_plain=True)
EVERYTHING = {
    "clients": "full_access",
    "client_notes": "full_access",
    "tasks": "view_only",
    "webhooks": "full_access",
}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: int, *headers: str, body: str = "") -> bytes:
    """Return an answer as it goes over the line."""
    lines = [f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


@dataclass
class Post:
    """What has come in by one post."""

    headers: dict[str, str]
    body: bytes
    target: str

    @property
    def told(self) -> dict[str, Any]:
        """Return the event."""
        return dict(orjson.loads(self.body))

    @property
    def id(self) -> str:
        """Return the event's id."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Whoever takes posts in, on a port; `says` is what is answered to each."""

    says: Callable[[Post], bytes] = lambda _: OK
    posts: list[Post] = field(default_factory=list)
    port: int = 0
    gate: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Return its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        """Return the kinds of events that have come in."""
        return [each.told["type"] for each in self.posts]

    def take(self) -> list[Post]:
        """Return what has come in since this was last asked."""
        taken, self.posts = self.posts, []
        return taken

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in what comes on one line."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.strip().split("\r\n")[1:]
                headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                post = Post(headers, body, head.split(" ")[1])
                self.posts.append(post)
                self.came.set()
                if self.gate:
                    await self.gate.wait()
                writer.write(self.says(post))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Take posts in until the end."""
    receiver = Receiver(scheme="https" if tls else "http")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()


@dataclass
class Hook:
    """A webhook of a key, and who receives what is posted to it."""

    owner: Program
    courier: Courier
    account_id: UUID
    receiver: Receiver
    told: dict[str, Any]

    @property
    def path(self) -> str:
        """Return where it is."""
        return f"webhooks/{self.told['id']}"

    async def ask(self, verb: str, what: str = "", body: Any = None, **headers: str) -> Any:
        """Ask for something of it that must be there."""
        found = await self.owner.ask(verb, f"{self.path}{what}", body, **headers)
        assert found.is_success, found.text
        return found.json() if found.content else None

    async def delivered(self) -> list[Post]:
        """Have all that is due posted, and return what came in."""
        await self.courier.serve(self.account_id)
        return self.receiver.take()

    def verified(self, post: Post, secret: str = "") -> dict[str, Any]:
        """Return an event, read as the specification's own library does."""
        read = Verifier(secret or self.told["secret"]).verify(post.body, post.headers)
        return dict(read)


Hooking = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def near(house: FastAPI) -> Iterator[None]:  # noqa: F811
    """Let addresses of this machine be kept, and links begin with an origin."""
    usual, origin = house.state.email_way, house.state.public_url
    house.state.email_way, house.state.public_url = replace(usual, hosts=HERE), ORIGIN
    yield
    house.state.email_way, house.state.public_url = usual, origin


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return who takes posts in."""
    async with receiving() as found:
        yield found


@pytest.fixture
async def hooked(
    database: Database,
    house: FastAPI,  # noqa: F811
    studio: Any,  # noqa: F811
    owner: Program,  # noqa: F811
    receiver: Receiver,
) -> AsyncIterator[Hooking]:
    """Return what makes a webhook of a key of its own; it is gone when the test ends."""
    made: list[Hook] = []
    courier = Courier(database, house.state.vault, Poster(HERE, 5), ORIGIN)

    async def make(*types: str, levels: dict[str, str] | None = None, **more: Any) -> Hook:
        """Asked by the key itself, where that may: its days are longer than a sign-in's."""
        given = more.pop("key", None)
        key = given or await a_key(owner, levels or EVERYTHING)
        who = owner if given or levels else key
        to = more.pop("to", receiver)
        body = {"url": to.url, "types": list(types) or ["*"], "key_id": key.id, **more}
        found = await owner.ask("POST", "webhooks", body)
        assert found.status_code == 201, found.text
        made.append(Hook(who, courier, studio.account.account_id, to, found.json()))
        return made[-1]

    yield make
    for each in made:
        await owner.ask("DELETE", each.path)


@pytest.fixture
async def hold() -> AsyncIterator[Callable[[Any], None]]:
    """Hold the clock at an instant until the test ends."""
    yield clock.hold
    clock.hold(None)
