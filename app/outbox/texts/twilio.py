"""Twilio's REST API, as far as texts need it: what was surely not taken in is told from what may be."""

import asyncio
import hmac
import json
import ssl
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha1
from typing import Any

import httpx

API_URL = "https://api.twilio.com"
_VERSION = "2010-04-01"
_CONNECTING = 5.0
_ANSWERING = 20.0
"""Seconds an answer may take; a second of them is much."""
_MOST_BYTES = 4_000_000
PAGE = 200
_BEFORE_THE_FIRST_BYTE = (
    httpx.InvalidURL,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Line:
    """Whose texts they are: an account there, and the number or the service they come from."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str | None
    messaging_service_sid: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: `code` is the provider's own number of an error, `said` its sentence."""

    status: int
    told: Mapping[str, Any]

    @property
    def code(self) -> int | None:
        """Return the number of the error; none where it has none."""
        code = self.told.get("code")
        return code if isinstance(code, int) else None

    @property
    def said(self) -> str:
        """Return what was said of it."""
        return f"{self.code or self.status} {self.told.get('message') or ''}".strip()

    @property
    def sid(self) -> str | None:
        """Return the provider's name of a message that was taken in."""
        sid = self.told.get("sid")
        return sid if self.status == httpx.codes.CREATED and isinstance(sid, str) and sid else None


class NotSent(Exception):
    """Nothing was sent: nobody answered at all."""


class Unheard(Exception):
    """It may have been sent, and no answer was heard."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message that was taken in for a number, when it was, and what it says."""

    sid: str
    at: datetime
    body: str


class Twilio:
    """The way to the provider; each request has a connection of its own.

    One that was kept open may have been closed by the other side: what is written to it is lost, and nobody
    could say whether it was read first.
    """

    def __init__(self, line: Line, base_url: str = API_URL, *, answering: float = _ANSWERING) -> None:
        """Say whose line it is, and where the provider is."""
        self._line = line
        self._account = f"{base_url.rstrip('/')}/{_VERSION}/Accounts/{line.account_sid}"
        self._answering = answering
        self._client = httpx.AsyncClient(
            auth=(line.account_sid, line.auth_token),
            timeout=httpx.Timeout(answering, connect=_CONNECTING, pool=_CONNECTING),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def sign_in(self) -> Answer:
        """Ask for the account; raises `NotSent` and `Unheard`."""
        return await self._ask("GET", ".json")

    async def send(self, to: str, body: str, callback: str | None, within: float) -> Answer:
        """Have a text sent, and wait so many seconds at most; raises `NotSent` and `Unheard`."""
        line = self._line
        sender = (
            {"MessagingServiceSid": line.messaging_service_sid}
            if line.messaging_service_sid
            else {"From": line.from_number}
        )
        sent = {"To": to, "Body": body, **sender, **({"StatusCallback": callback} if callback else {})}
        return await self._ask("POST", "/Messages.json", within, data=sent)

    async def sent_to(self, to: str) -> Answer:
        """Ask for the newest messages that went to a number; raises `NotSent` and `Unheard`.

        They are not asked for by the day they were sent: one that still waits there has none yet.
        """
        return await self._ask("GET", "/Messages.json", params={"To": to, "PageSize": str(PAGE)})

    async def _ask(
        self,
        verb: str,
        path: str,
        within: float | None = None,
        **sent: Any,
    ) -> Answer:
        try:
            # The client's own limits are for each piece: one byte a second would never come to an end.
            async with asyncio.timeout(min(self._answering, within or self._answering)):
                return await self._asked(verb, self._account + path, sent)
        except _BEFORE_THE_FIRST_BYTE as error:
            raise NotSent(type(error).__name__) from None
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise Unheard(type(error).__name__) from None

    async def _asked(self, verb: str, url: str, sent: dict[str, Any]) -> Answer:
        async with self._client.stream(verb, url, **sent) as answer:
            read = bytearray()
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > _MOST_BYTES:
                    raise Unheard("too long an answer")
        try:
            told = json.loads(read)
        except ValueError:
            told = {}
        return Answer(answer.status_code, told if isinstance(told, dict) else {})


@cache
def _trusted() -> ssl.SSLContext:
    """Return what certificates are held against; to read the machine's takes as long as many requests."""
    return httpx.create_ssl_context(trust_env=False)


def messages_in(answer: Answer) -> list[Found] | None:
    """Return the messages of an answer that were sent by the account; none where it is no list of them."""
    listed = answer.told.get("messages")
    if answer.status != httpx.codes.OK or not isinstance(listed, list):
        return None
    try:
        return [
            Found(str(each["sid"]), _instant(each["date_created"]), str(each["body"] or ""))
            for each in listed
            if str(each["direction"]).startswith("outbound")
        ]
    except (KeyError, TypeError, ValueError):
        return None


def _instant(told: str) -> datetime:
    found = parsedate_to_datetime(told)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def signature(auth_token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """Return how the provider signs what it sends: the address, then each name and value, in order.

    HMAC-SHA1, as it is laid down there.
    """
    said = url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return b64encode(hmac.new(auth_token.encode(), said.encode(), sha1).digest()).decode()
