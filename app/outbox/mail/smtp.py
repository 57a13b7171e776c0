"""The SMTP carrier: step by step, so that what was lost before the last dot is told from what was after."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings

from app.outbox.carriers import Away, Carried, Deferred, Doubtful, Outcome, Parcel, Refused
from app.outbox.hosts import MAIL_PORTS, HostAway, HostRefused, Hosts
from app.outbox.mail.answers import BYE, meaning_for
from app.outbox.mail.writing import BadAddress, CannotBeWritten, Sender, address_of, needs_utf8, written
from app.outbox.states import Security
from app.outbox.words import Words, printable

_AFTER_LOGIN = timedelta(minutes=30)
"""A server that refuses a login shuts out who goes on trying."""
_AFTER_REFUSED_HOST = timedelta(hours=1)
_NO_LOGIN = "It offers no way to sign in by a password on this port (AUTH)."
_GOODBYE = 2.0
_GO_AHEAD = 354
_TAKEN = 250
_NOT_NOW = 400
_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and as whom to send by it; with no user name it is used as it is."""

    host: str
    port: int
    security: Security
    user_name: str
    password: str = field(repr=False)
    sender: Sender


@dataclass(slots=True)
class SmtpCarrier:
    """Keeps one line to a server while there are letters for it.

    The line is secured and the server's certificate held against its name, always; only a machine of
    developers speaks to a server that offers no security. A line that broke while nothing was said over it is
    opened anew.
    """

    server: Server
    hosts: Hosts
    trusted: ssl.SSLContext | None = None
    _line: aiosmtplib.SMTP | None = None

    async def carry(self, parcel: Parcel) -> Outcome:
        """Send an email, within its time.

        A server that cannot be reached is away. One that could, and then fell silent over this letter, may
        not like this letter: the others have their turn.
        """
        progress = _Progress()
        try:
            async with asyncio.timeout(max(0.0, parcel.ends_at - monotonic())):
                return await self._carry(parcel, progress)
        except (SMTPException, OSError) as error:
            self._drop()
            said = printable(error)
            if progress.has_said_all:
                return Doubtful(Words("doubtful", said))
            is_away = not progress.has_opened or _is_bye(error)
            words = Words("server_away", said)
            return Away(words) if is_away else Deferred(words)
        except BaseException:
            self._drop()
            raise

    async def close(self) -> None:
        """Say goodbye, if the server listens."""
        line, self._line = self._line, None
        if line is None:
            return
        with suppress(SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await line.quit()
        _abort(line)

    async def _carry(self, parcel: Parcel, progress: "_Progress") -> Outcome:
        line = await self._begun()
        if isinstance(line, Away):
            return line
        progress.has_opened = True
        sender = self.server.sender
        is_utf8 = needs_utf8(parcel, sender) and line.supports_extension("smtputf8")
        try:
            message = await asyncio.to_thread(written, parcel, sender, is_utf8=is_utf8)
            await self._mail(line, is_utf8=is_utf8, size=len(message))
        except CannotBeWritten as error:
            return Refused(error.words)
        except SMTPSenderRefused as error:
            await self._reset(line)
            return _refused(error.code, error.message)
        return await self._deliver(line, parcel, message, progress, is_utf8=is_utf8)

    async def _begun(self) -> "aiosmtplib.SMTP | Away":
        """Return a line on which a letter can begin: the server may have hung up since the last one."""
        if self._line is not None:
            try:
                await self._line.rset()
            except (SMTPException, OSError):
                self._drop()
            else:
                return self._line
        return await self._opened()

    async def _deliver(
        self, line: aiosmtplib.SMTP, parcel: Parcel, message: bytes, progress: "_Progress", *, is_utf8: bool
    ) -> Outcome:
        refused, deferred = await _named(line, parcel.recipients, is_utf8=is_utf8)
        if len(refused) + len(deferred) == len(parcel.recipients):
            await self._reset(line)
            if deferred:
                return Deferred(next(iter(deferred.values())))
            unknown = tuple(each for each, words in refused.items() if words.code == "no_such_address")
            return Refused(next(iter(refused.values())), unknown)
        answer = await line.execute_command(b"DATA")
        if answer.code < _NOT_NOW and answer.code != _GO_AHEAD:
            # Nothing was taken in, whatever this answers: the server has said something unasked before.
            raise SMTPDataError(answer.code, "The server's answers are out of step")
        if answer.code == _GO_AHEAD:
            if monotonic() >= parcel.ends_at or line.protocol is None:
                self._drop()
                return Deferred(Words("server_busy"))
            # From here on nobody knows whether it was taken in, until the server has answered.
            progress.has_said_all = True
            line.protocol.write(_dotted(message))
            answer = await line.protocol.read_response(timeout=None)
            progress.has_said_all = False
        if answer.code != _TAKEN:
            await self._reset(line)
            return _refused(answer.code, answer.message)
        return Carried(printable(answer.message), refused, deferred)

    async def _mail(self, line: aiosmtplib.SMTP, *, is_utf8: bool, size: int) -> None:
        sender = address_of(self.server.sender.address).addr_spec
        options = [f"SIZE={size}"] if line.supports_extension("size") else []
        if is_utf8:
            options.append("SMTPUTF8")
        await line.mail(sender, options=options, encoding="utf-8" if is_utf8 else "ascii")

    async def _opened(self) -> "aiosmtplib.SMTP | Away":
        server = self.server
        try:
            sock = await self.hosts.connect(server.host, server.port, MAIL_PORTS)
        except HostRefused:
            return Away(Words("host_refused"), _AFTER_REFUSED_HOST)
        except HostAway as error:
            return Away(Words("server_away", printable(error)))
        is_tls = server.security is Security.TLS
        line = aiosmtplib.SMTP(
            hostname=server.host,
            sock=sock,
            port=None,
            timeout=None,
            use_tls=is_tls,
            start_tls=False if is_tls else (None if self.hosts.allows_plain else True),
            tls_context=self.trusted or ssl.create_default_context(),
            local_hostname=_called(server.sender.address),
        )
        try:
            await line.connect()
            # With it hello is said, where that is still to be said: the answer tells what the server can do.
            await line.noop()
            if server.user_name and not line.supported_auth_methods:
                _abort(line)
                return Away(Words("login_not_offered", _NO_LOGIN), _AFTER_LOGIN)
            if server.user_name:
                await line.login(server.user_name, server.password)
        except SMTPAuthenticationError as error:
            _abort(line)
            words = Words("login_refused", printable(error.message))
            return Away(words, _AFTER_LOGIN if error.code >= _FOR_GOOD else None)
        except BaseException:
            _abort(line)
            sock.close()
            raise
        self._line = line
        return line

    async def _reset(self, line: aiosmtplib.SMTP) -> None:
        """Have the server forget the letter, or hang up on it."""
        try:
            await line.rset()
        except (SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        """Hang up without a word: what is still to be said is not said."""
        line, self._line = self._line, None
        if line is not None:
            _abort(line)


@dataclass(slots=True)
class _Progress:
    """How far one letter has come: the line stood; all of it may have been said, and was not answered."""

    has_opened: bool = False
    has_said_all: bool = False


async def _named(
    line: aiosmtplib.SMTP, recipients: Sequence[str], *, is_utf8: bool
) -> tuple[dict[str, Words], dict[str, Words]]:
    """Name the recipients to the server; return those it refuses, for good and for now."""
    refused, deferred = dict[str, Words](), dict[str, Words]()
    for each in recipients:
        try:
            address = address_of(each).addr_spec
        except BadAddress:
            refused[each] = Words("bad_address")
            continue
        if not is_utf8 and not address.isascii():
            refused[each] = Words("address_not_ascii")
            continue
        try:
            await line.rcpt(address, encoding="utf-8" if is_utf8 else "ascii")
        except SMTPRecipientRefused as error:
            if error.code == BYE:
                raise
            words = meaning_for(error.code, error.message, of_recipient=True)
            (refused if error.code >= _FOR_GOOD else deferred)[each] = words
        except ValueError:
            refused[each] = Words("bad_address")
    return refused, deferred


def _refused(code: int, said: str) -> Outcome:
    if code == BYE:
        return Away(Words("server_away", printable(said)))
    words = meaning_for(code, said)
    return Refused(words) if code >= _FOR_GOOD else Deferred(words)


def _is_bye(error: Exception) -> bool:
    return isinstance(error, SMTPResponseException) and error.code == BYE


def _dotted(message: bytes) -> bytes:
    """Return a letter as it is said behind DATA, with the last dot."""
    return PERIOD_REGEX.sub(b"..", normalize_message_line_endings(message)) + b".\r\n"


def _called(address: str) -> str:
    """Return what to call ourselves: the domain letters come from."""
    try:
        return address_of(address).domain
    except BadAddress:
        return "localhost"


def _abort(line: aiosmtplib.SMTP) -> None:
    transport = line.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    line.close()
