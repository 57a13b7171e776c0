"""A studio's side of the talk with the processor, by hand: nothing is shared with who is asked."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.simulator.merchants import Merchant
from tests.serving import TRUST

HARBOR = Merchant(
    "887000001", "HARBOR", "words of harbor", {"88700000101": True, "88700000102": True, "88700000109": False}
)
NORTH = Merchant("887000002", "NORTH", "words of north", {"88700000201": True})
VISA = "4111 1111 1111 1111"
_PATH = "/servlets/TransNox_API_Server"
_REFERENCES = count(1)


class Answered:
    """An answer of the processor, read."""

    def __init__(self, body: bytes) -> None:
        self.root = ET.fromstring(body)  # noqa: S314 - of our own simulator
        self.fields = {each.tag: each.text or "" for each in self.root}
        self.code = self.fields["responseCode"]
        self.status = self.fields["status"]

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    @property
    def details(self) -> list[dict[str, str]]:
        """Return the transactions it tells."""
        return [{one.tag: one.text or "" for one in each} for each in self.root.iter("transactionDetails")]


def request(operation: str, *elements: tuple[str, str]) -> bytes:
    """Return a request with elements in the order they are given."""
    told = "".join(f"<{name}>{text}</{name}>" for name, text in elements)
    return f"<{operation}>{told}</{operation}>".encode()


def new_reference() -> str:
    """Return a reference no other test has used."""
    return f"R{next(_REFERENCES)}"


def manifest(key: str, merchant: Merchant, device: str, day: datetime) -> str:
    """Return a manifest as public SDKs make it."""
    plain = f"{merchant.mid:<20}{device:<24}{0:012}{day:%m%d%Y}".encode()
    sealing = Cipher(AES(key[:16].encode()), CBC(key[:16].encode())).encryptor()
    mark = hmac.new(key.encode(), key.encode(), hashlib.md5).hexdigest()
    return mark[:4] + (sealing.update(plain) + sealing.finalize()).hex() + mark[-4:]


class Studio:
    """One merchant that talks, with a key of its own."""

    def __init__(self, url: str, control_url: str, merchant: Merchant) -> None:
        self.merchant = merchant
        self.device = next(iter(merchant.devices))
        self.url = url
        self.control_url = control_url
        self._http = httpx.AsyncClient(base_url=url, headers={"User-Agent": "infonox"}, verify=TRUST)
        self._control = httpx.AsyncClient(base_url=control_url, verify=TRUST)
        self.key = ""

    async def __aenter__(self) -> Self:
        self.key = (await self.new_key())["transactionKey"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._control.aclose()

    async def control(self, path: str, **said: Any) -> Any:
        """Ask whoever runs it for something; GET when nothing is said along."""
        answer = await (self._control.post(path, json=said) if said else self._control.get(path))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, body: bytes) -> httpx.Response:
        """Post bytes to the processor."""
        return await self._http.post(_PATH, content=body)

    async def ask(self, operation: str, *elements: tuple[str, str]) -> Answered:
        """Ask for an operation; device and key stand before the elements."""
        answer = await self.post(self.asking(operation, *elements))
        assert answer.status_code == 200, answer.text
        assert "simulator" in answer.headers["server"]
        assert "simulator" in answer.text
        return Answered(answer.content)

    def asking(self, operation: str, *elements: tuple[str, str]) -> bytes:
        """Return such a request."""
        return request(operation, ("deviceID", self.device), ("transactionKey", self.key), *elements)

    async def new_key(self, *more: tuple[str, str], password: str | None = None) -> Answered:
        """Ask for a key."""
        words = (("mid", self.merchant.mid), ("userID", self.merchant.user))
        secret = ("password", self.merchant.password if password is None else password)
        return Answered((await self.post(request("GenerateKey", *words, secret, *more))).content)

    async def field(self, number: str = VISA, **other: str) -> dict[str, str]:
        """Type a card into the hosted field, with other things than right ones if some are given."""
        now = datetime.fromisoformat((await self.control("/"))["now"])
        made = manifest(self.key, self.merchant, self.device, now)
        said = {"manifest": made, "cardNumber": number, "expirationDate": f"12/{now.year + 3}", **other}
        answer = await self._http.post("/transit-tsep-web/tokens", json=said)
        told: dict[str, str] = answer.json()
        return told

    async def token(self, number: str = VISA, **other: str) -> str:
        """Return a temporary token for a test card."""
        return (await self.field(number, **other))["tsepToken"]

    async def paying(
        self, amount: str = "12.30", token: str = "", reference: str = "", operation: str = "Sale"
    ) -> bytes:
        """Return a request to pay."""
        return self.asking(
            operation,
            ("cardDataSource", "INTERNET"),
            ("transactionAmount", amount),
            ("currencyCode", "USD"),
            ("cardNumber", token or await self.token()),
            ("externalReferenceID", reference or new_reference()),
            ("developerID", "DEV1"),
        )

    async def pay(
        self, amount: str = "12.30", token: str = "", reference: str = "", operation: str = "Sale"
    ) -> Answered:
        """Pay."""
        return Answered((await self.post(await self.paying(amount, token, reference, operation))).content)

    async def void(self, reason: str = "POST_AUTH_USER_DECLINE", **which: str) -> Answered:
        """Void a transaction, or what a reference names."""
        return await self.ask("Void", *which.items(), ("developerID", "DEV1"), ("voidReason", reason))

    async def give_back(self, number: str, amount: str, reference: str = "") -> Answered:
        """Return an amount of a transaction."""
        return await self.ask(
            "Return",
            ("transactionAmount", amount),
            ("transactionID", number),
            ("externalReferenceID", reference or new_reference()),
            ("developerID", "DEV1"),
        )

    async def look_up(self, **which: str) -> list[dict[str, str]]:
        """Return what lookups tell of a transaction or a reference."""
        return (await self.ask("TransactionInquiry", *which.items(), ("developerID", "DEV1"))).details

    async def close_batch(self) -> Answered:
        """Close the batch."""
        return await self.ask("BatchClose", ("developerID", "DEV1"))

    async def booked(self, reference: str) -> int:
        """Return what is booked net under a reference, in cents, as the ledger tells."""
        return sum(each["net"] for each in (await self.control(f"/ledger?reference={reference}"))["booked"])

    def heard(self, body: bytes) -> tuple[bytes, bool]:
        """Send a request, and return all bytes that come back, and whether the connection was reset."""
        parts, heard = urlsplit(self.url), b""
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as line:
            line.sendall(self._head(body) + body)
            try:
                while piece := line.recv(4096):
                    heard += piece
            except ConnectionResetError:
                return heard, True
        return heard, False

    @asynccontextmanager
    async def line(self, body: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Send a request on a connection of its own, and lend what comes back as bare bytes."""
        parts = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(self._head(body) + body)
        try:
            yield reader, writer
        finally:
            writer.close()

    def _head(self, body: bytes) -> bytes:
        return f"POST {_PATH} HTTP/1.1\r\nHost: simulator\r\nContent-Length: {len(body)}\r\n\r\n".encode()
