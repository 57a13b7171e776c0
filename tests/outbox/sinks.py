"""A real mail server that keeps what it is sent, and refuses, hangs up or is silent where it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "studio", "a word for servers"
HANG, LOSE, TWICE = "hang", "lose", "twice"


@dataclass
class Arrived:
    """One letter as it was accepted."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    raw: bytes

    @property
    def text(self) -> str:
        """Return its plain text."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@dataclass
class Sink:
    """What a server has accepted; `at_rcpt`, by recipient, and `at_data` are answered instead of a 250.

    `HANG` says nothing at all, `LOSE` takes the letter in and hangs up without a word, `TWICE` answers twice.
    """

    port: int = 0
    letters: list[Arrived] = field(default_factory=list)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: str | None = None
    at_mail: str | None = None
    logins: int = 0
    options: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.options = options
        if self.at_mail == HANG:
            await asyncio.Event().wait()
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if answer := self.at_rcpt.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.at_data and self.at_data not in (HANG, LOSE, TWICE):
            return self.at_data
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(Arrived(envelope.mail_from, list(envelope.rcpt_tos), message, envelope.content))
        if self.at_data == LOSE:
            server.transport.abort()
        if self.at_data == HANG:
            await asyncio.Event().wait()
        if self.at_data == TWICE:
            await server.push("250 2.0.0 Taken")
        return "250 2.0.0 Taken as 7Q"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, sent: Any
    ) -> AuthResult:
        self.logins += 1
        is_right = isinstance(sent, LoginPassword) and sent.password == PASSWORD.encode()
        return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def listening_sink(sink: Sink, **chosen: Any) -> AsyncIterator[None]:
    """Run a server in this loop; keywords are aiosmtpd's."""
    loop = asyncio.get_running_loop()

    def made() -> SMTP:
        return SMTP(
            sink,
            hostname="sink.example",
            loop=loop,
            enable_SMTPUTF8=True,
            authenticator=sink.authenticate,
            auth_require_tls=False,
            **chosen,
        )

    server = await loop.create_server(made, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()


@asynccontextmanager
async def sinking(**chosen: Any) -> AsyncIterator[Sink]:
    """Run a server in this loop, and return what it keeps."""
    sink = Sink()
    async with listening_sink(sink, **chosen):
        yield sink
