"""A line to a mailbox by IMAP: bounded whatever a server says, and nothing is changed by it."""

import imaplib
import re
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core import clock
from app.outbox.words import Words, printable

_LISTED_BYTES = 8 * 2**20
"""What a list of new emails may be, of some hundred thousand."""
_SAID_BYTES = 2**20
_AFTER_LOGIN = timedelta(minutes=30)
"""A server that refuses a login shuts out who goes on trying."""
_AFTER_AWAY = timedelta(minutes=5)
_FOR_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
"""What a server says that refuses a login it would take at another time (RFC 5530)."""
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')


class Shut(Exception):
    """A mailbox cannot be read now; `after` so long it is tried again."""

    def __init__(self, words: Words, after: timedelta = _AFTER_AWAY) -> None:
        super().__init__(words.code)
        self.words = words
        self.after = after


class TooLarge(Exception):
    """A server sends more than it was asked for, and nothing more is read from it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A folder of a mailbox, and as whom it is read."""

    host: str
    port: int
    user_name: str
    password: str = field(repr=False)
    folder: str

    @property
    def name(self) -> str:
        """Return what tells it from every other."""
        return f"{self.host.lower()}\0{self.user_name}\0{self.folder}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An email in a mailbox: its number, how many bytes it is said to have, and when it arrived there."""

    uid: int
    size: int
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Security:
    """How a line is secured."""

    trusted: ssl.SSLContext
    is_immediate: bool
    is_needed: bool


class Line(imaplib.IMAP4):
    """A line to a server that may send so many bytes and no more, whatever it says that it sends."""

    def __init__(self, sock: socket.socket, host: str, seconds: float) -> None:
        self._given = sock
        self._left = _SAID_BYTES
        self.validity = self.newest = 0
        super().__init__(host, timeout=seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self._given.settimeout(timeout)
        return self._given

    def read(self, size: int) -> bytes:
        """Read a literal."""
        self._count(size)
        return bytes(super().read(size))

    def readline(self) -> bytes:
        """Read a line."""
        line = super().readline()
        self._count(len(line))
        return bytes(line)

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge

    def enter(self, box: Box) -> None:
        """Sign in, and open the folder so that nothing in it is changed; raises `Shut`."""
        try:
            self._log_in(box)
        except self.abort:
            raise
        except (self.error, UnicodeError) as error:
            # Who cannot be told to a server is none of its users.
            said = printable(error.args[0] if isinstance(error, self.error) and error.args else "")
            if _FOR_NOW.search(said or ""):
                raise Shut(Words("server_away", said)) from None
            raise Shut(Words("login_refused", said), _AFTER_LOGIN) from None
        typ, told = self.select(_quoted(_in_utf7(box.folder)), readonly=True)
        if typ != "OK":
            raise Shut(Words("folder_not_found", printable(told[-1] or b"")), _AFTER_LOGIN)
        self.validity = self._number("UIDVALIDITY")
        following = self._number("UIDNEXT")
        self.newest = following - 1 if following else self._highest(is_empty=told[-1] == b"0")

    def _log_in(self, box: Box) -> None:
        if "AUTH=PLAIN" in self.capabilities:
            told = f"\0{box.user_name}\0{box.password}".encode()
            self.authenticate("PLAIN", lambda _: told)
            return
        typ, said = self.xatom("LOGIN", _quoted(box.user_name), _quoted(box.password))
        if typ != "OK":
            raise self.error(said[-1])
        self.state = "AUTH"

    def secure(self, security: "Security") -> None:
        """Secure a line that is not, if the server offers it; raises `Shut` where it must."""
        if "STARTTLS" in self.capabilities:
            self.starttls(security.trusted)
        elif security.is_needed:
            raise Shut(Words("server_away", "It offers no secured line."))

    def listed(self, first: int) -> list[Waiting]:
        """Return what has a number from some on."""
        now = clock.now()
        found = {
            each.uid: each
            for each in (_waiting(told, now) for told in self._fetch(f"{first}:*", _LISTED_BYTES))
            # A server tells of its last one, whatever is asked for.
            if each is not None and each.uid >= first
        }
        return [found[uid] for uid in sorted(found)]

    def fetched(self, uid: int, most: int) -> bytes | None:
        """Return so much of an email at most; none of one that is gone."""
        found = self._fetch(str(uid), most + _SAID_BYTES, f"BODY.PEEK[]<0.{most}>")
        literals = (each for each in found if isinstance(each, tuple) and b"BODY[]" in each[0].upper())
        literal = next(literals, None)
        return None if literal is None else literal[1][:most]

    def leave(self) -> None:
        """Say goodbye, if the server listens."""
        self._left = _SAID_BYTES
        try:
            self.logout()
        finally:
            self.close_line()

    def close_line(self) -> None:
        """Hang up without a word."""
        self.file.close()
        self.sock.close()

    def _fetch(
        self, numbers: str, most: int, what: str = "RFC822.SIZE INTERNALDATE"
    ) -> "list[bytes | tuple[bytes, bytes]]":
        self._left = most
        typ, found = self.uid("FETCH", numbers, f"(UID {what})")
        if typ != "OK":
            raise self.error(found[-1])
        return [each for each in found if each is not None]

    def _highest(self, *, is_empty: bool) -> int:
        """Return the highest number, of a server that does not tell the next."""
        found = [] if is_empty else self._fetch("*", _SAID_BYTES)
        now = clock.now()
        return max((each.uid for told in found if (each := _waiting(told, now))), default=0)

    def _number(self, name: str) -> int:
        _, found = self.response(name)
        told = found[-1] if found else None
        return int(told) if isinstance(told, bytes) and told.isdigit() and len(told) <= 10 else 0  # noqa: PLR2004 - 32 bits


def entered(sock: socket.socket, box: Box, security: Security, seconds: float) -> Line:
    """Return a line on which the folder is open."""
    sock.settimeout(seconds)
    if security.is_immediate:
        sock = security.trusted.wrap_socket(sock, server_hostname=box.host)
    try:
        line = Line(sock, box.host, seconds)
    except BaseException:
        sock.close()
        raise
    try:
        if not security.is_immediate:
            line.secure(security)
        line.enter(box)
    except BaseException:
        line.close_line()
        raise
    return line


def _waiting(told: "bytes | tuple[bytes, bytes]", now: datetime) -> Waiting | None:
    line = told if isinstance(told, bytes) else told[0]
    uid, size = _UID.search(line), _SIZE.search(line)
    if uid is None or size is None:
        return None
    return Waiting(int(uid[1]), int(size[1]), _arrived_at(line, now))


def _arrived_at(line: bytes, now: datetime) -> datetime:
    """Return when an email arrived; a server's clock that is ahead is not believed."""
    found = _ARRIVED.search(line)
    try:
        told = datetime.strptime(found[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z") if found else now
    except ValueError:
        return now
    return min(told.astimezone(now.tzinfo), now)


def _quoted(text: str) -> str:
    """Return a text as a quoted string of the protocol."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_utf7(name: str) -> str:
    """Return the name of a folder as IMAP has it (RFC 3501, 5.1.3)."""
    told: list[str] = []
    for piece in re.findall(r"[ -~]+|[^ -~]+", name):
        if " " <= piece[0] <= "~":
            told.append(piece.replace("&", "&-"))
        else:
            shifted = b64encode(piece.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            told.append(f"&{shifted}-")
    return "".join(told)
