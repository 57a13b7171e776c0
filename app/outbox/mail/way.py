"""By which server an account's emails go: its own, the operator's, or on a developer's machine none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from app.accounts.store import read_account
from app.core.db import WriteSession
from app.core.settings import Settings
from app.core.vault import SealBroken, Vault
from app.outbox.carriers import Away, Blocked, Envelope, Opened, Pace, Refused
from app.outbox.hosts import Hosts
from app.outbox.mail import store
from app.outbox.mail.smtp import Server, SmtpCarrier
from app.outbox.mail.writing import Sender
from app.outbox.models import MailServer
from app.outbox.standin import StandIn
from app.outbox.states import Channel, Security
from app.outbox.words import Words
from app.sync.fields import Values

PER_MINUTE = 60
PER_DAY = 2_000
"""How many letters go where an account does not say: what most providers of mailboxes allow."""
_LOOK_AGAIN = timedelta(hours=1)
_STANDS_IN = Sender("Studio", "studio@localhost.example")
SEALED_AS = "smtp"


@dataclass(frozen=True, slots=True)
class Relay:
    """The operator's mail server, for accounts without one of their own."""

    server: Server

    @classmethod
    def of(cls, settings: Settings) -> "Relay | None":
        """Return what the settings name."""
        if settings.mail_relay_url is None or settings.mail_relay_from is None:
            return None
        parts = urlsplit(settings.mail_relay_url)
        security = Security.TLS if parts.scheme == "smtps" else Security.STARTTLS
        port = parts.port or (465 if security is Security.TLS else 587)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        sender = Sender("", settings.mail_relay_from)
        return cls(Server(parts.hostname or "", port, security, user, password, sender))


@dataclass(frozen=True, slots=True)
class EmailWay:
    """The way of emails."""

    vault: Vault
    hosts: Hosts
    relay: Relay | None
    keeps_files_in: Path | None
    channel: Channel = Channel.EMAIL

    @classmethod
    def of(cls, settings: Settings, vault: Vault) -> "EmailWay":
        """Return it as the settings have it."""
        is_development = settings.environment == "development"
        kept = settings.data_dir if is_development else None
        hosts = Hosts(allows_private=is_development, allows_plain=is_development)
        return cls(vault, hosts, Relay.of(settings), kept)

    async def opened(self, session: WriteSession, known: Opened | None) -> Opened | Away:
        """Return by what the account's emails go now."""
        own = await store.server(session)
        mark = f"own {own.version}" if own is not None else "relay" if self.relay else "files"
        if known is not None and known.mark == mark:
            return known
        if own is not None:
            return self._own(own, mark)
        if self.relay is not None:
            account, given = await read_account(session), self.relay.server
            sender = Sender(account.company_name if account else "", given.sender.address)
            # The operator's own server stands where the operator says, mostly beside this one.
            carrier = SmtpCarrier(replace(given, sender=sender), replace(self.hosts, allows_private=True))
            return Opened(mark, carrier, domain=_domain(sender.address))
        if self.keeps_files_in is not None:
            return Opened(mark, StandIn(self.keeps_files_in, _STANDS_IN))
        return Away(Words("no_mail_server"), _LOOK_AGAIN)

    def _own(self, own: MailServer, mark: str) -> Opened | Away:
        try:
            server = server_of(self.vault, own)
        except SealBroken:
            return Away(Words("seal_broken"), _LOOK_AGAIN)
        pace = Pace(own.per_minute or PER_MINUTE, own.per_day or PER_DAY)
        return Opened(mark, SmtpCarrier(server, self.hosts), pace, _domain(own.from_address))

    async def addressed(
        self, session: WriteSession, record: Values | None, to: tuple[str, ...]
    ) -> Envelope | Refused | Blocked:
        """Return to whom an email goes."""
        del session
        return Envelope(to) if record is None else _envelope(record)


def server_of(vault: Vault, kept: MailServer) -> Server:
    """Return an account's own mail server; raises `SealBroken`."""
    return Server(
        host=kept.host,
        port=kept.port,
        security=Security(kept.security),
        user_name=kept.user_name,
        password=vault.open(kept.account_id, SEALED_AS, kept.password),
        sender=Sender(kept.from_name, kept.from_address, kept.reply_to),
    )


def _envelope(record: Mapping[str, Any]) -> Envelope:
    return Envelope(
        tuple(record["to_addresses"]), tuple(record["cc_addresses"]), tuple(record["bcc_addresses"])
    )


def _domain(address: str) -> str:
    """Return what Message-IDs end in: they are ASCII."""
    domain = address.rpartition("@")[2]
    return domain if domain.isascii() else domain.encode("idna").decode()
