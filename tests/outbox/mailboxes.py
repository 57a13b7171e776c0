"""A real IMAP server that holds what it is given, and lies, falls silent or counts anew where it is told."""

import asyncio
import ipaddress
import re
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "hello@harbor.example", 'a "word" for mailböxes'
_FETCH = re.compile(r"^UID FETCH (\d+|\*)(:\*)? \(UID (.*)\)$")
_PART = re.compile(r"^BODY\.PEEK\[\]<0\.(\d+)>$")


@dataclass
class Mailbox:
    """One folder, by the numbers of its emails; `commands` are those that were asked, without passwords.

    Of what is in `lies` it sends more than it says, of what is in `sizes` it says another size; what `hangs`
    is not answered.
    """

    port: int = 0
    validity: int = 7
    next_uid: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    lies: set[int] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    hangs: str = ""
    password: str = PASSWORD
    arrived_at: datetime = datetime(2025, 5, 4, 9, 30, tzinfo=UTC)
    commands: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    tells_next: bool = True

    def brings(self, content: bytes) -> int:
        """Have an email come in, and return its number."""
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.mails[uid] = content
        return uid

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak to one client until it leaves."""
        self.say(writer, "* OK ready")
        with suppress(OSError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                tag, _, command = line.partition(" ")
                is_secret = command.startswith("LOGIN")
                self.commands.append("LOGIN" if is_secret else command)
                if self.hangs and command.startswith(self.hangs):
                    await asyncio.Event().wait()
                if command == "STARTTLS" and self.tls is not None:
                    self.say(writer, f"{tag} OK begin")
                    await writer.start_tls(self.tls)
                    continue
                if command == "AUTHENTICATE PLAIN":
                    self.say(writer, "+ ")
                    told = b64decode(await reader.readline()).decode()
                    self.say(writer, self._admitted(tag, told == f"\0{USER}\0{self.password}"))
                    continue
                for each in self._answers(tag, command):
                    writer.write(each)
                await writer.drain()
                if command == "LOGOUT":
                    break
        writer.close()

    def say(self, writer: asyncio.StreamWriter, line: str) -> None:
        """Say one line."""
        writer.write(f"{line}\r\n".encode())

    @staticmethod
    def _admitted(tag: str, is_right: bool) -> str:
        return f"{tag} OK in" if is_right else f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials"

    def _answers(self, tag: str, command: str) -> list[bytes]:
        if command == "CAPABILITY":
            starts = " STARTTLS" if self.tls is not None else ""
            return [f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{starts}\r\n{tag} OK done\r\n".encode()]
        if command.startswith("EXAMINE "):
            if command != 'EXAMINE "INBOX"':
                return [f"{tag} NO no such folder\r\n".encode()]
            told = [f"* {len(self.mails)} EXISTS", f"* OK [UIDVALIDITY {self.validity}] valid"]
            told += [f"* OK [UIDNEXT {self.next_uid}] next"] if self.tells_next else []
            return ["\r\n".join([*told, f"{tag} OK [READ-ONLY] open", ""]).encode()]
        if command == "LOGOUT":
            return [f"* BYE\r\n{tag} OK gone\r\n".encode()]
        if found := _FETCH.match(command):
            asked = self._asked(found[1], is_open=bool(found[2]))
            return [*(self._fetched(uid, found[3]) for uid in asked), f"{tag} OK done\r\n".encode()]
        return [f"{tag} BAD not here\r\n".encode()]

    def _asked(self, first: str, *, is_open: bool) -> list[int]:
        """Return the numbers that are asked for; what is open has the last one, whatever it begins with."""
        uids = sorted(self.mails)
        if first == "*":
            return uids[-1:]
        if not is_open:
            return [uid for uid in uids if uid == int(first)]
        return [uid for uid in uids if uid >= int(first)] or uids[-1:]

    def _fetched(self, uid: int, what: str) -> bytes:
        number, content = sorted(self.mails).index(uid) + 1, self.mails[uid]
        if part := _PART.match(what):
            cut = content[: int(part[1])]
            size = 2**31 if uid in self.lies else len(cut)
            return f"* {number} FETCH (UID {uid} BODY[]<0> {{{size}}}\r\n".encode() + cut + b")\r\n"
        arrived, size = f"{self.arrived_at:%d-%b-%Y %H:%M:%S %z}", self.sizes.get(uid, len(content))
        told = f'* {number} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{arrived}")\r\n'
        # As servers do, something is told that was not asked for.
        return f"{told}* {number} FETCH (FLAGS (\\Seen))\r\n".encode()


@asynccontextmanager
async def listening(mailbox: Mailbox, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    """Run a server in this loop; with a context its lines are secured from the first byte."""
    under_way: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await mailbox.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            under_way.discard(task)

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=tls)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server at 127.0.0.1 shows, and what trusts that alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    shown = folder / "mailbox.pem"
    shown.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(shown)
    return server, ssl.create_default_context(cafile=str(shown))
