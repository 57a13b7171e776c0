"""The way of texts: by the account's line; with none they wait, or are files on a developer's machine."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.core import clock
from app.core.db import Database, WriteSession
from app.core.settings import Settings
from app.core.vault import SealBroken, Vault
from app.outbox.blocks import blocked
from app.outbox.carriers import Away, Blocked, Envelope, Opened, Refused
from app.outbox.mail.writing import Sender
from app.outbox.models import TextLine
from app.outbox.standin import StandIn
from app.outbox.states import Channel
from app.outbox.texts import store
from app.outbox.texts.carrier import TwilioCarrier
from app.outbox.texts.numbers import e164, phones_with
from app.outbox.texts.twilio import API_URL, Line, Twilio
from app.outbox.words import Words
from app.sync import records
from app.sync.fields import Values

SEALED_AS = "twilio"
HOOK_SEALED_AS = "text hook"
_LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TextWay:
    """The way of texts; `public_url` is where the provider reaches this server."""

    database: Database
    vault: Vault
    public_url: str | None
    api_url: str
    keeps_files_in: Path | None
    channel: Channel = Channel.TEXT

    @classmethod
    def of(cls, settings: Settings, database: Database, vault: Vault) -> "TextWay":
        """Return it as the settings have it; another provider than the real one is a developer's alone."""
        is_development = settings.environment == "development"
        api_url = settings.text_api_url if is_development else None
        kept = settings.data_dir if is_development else None
        return cls(database, vault, settings.public_url, api_url or API_URL, kept)

    async def opened(self, session: WriteSession, known: Opened | None) -> Opened | Away:
        """Return by what the account's texts go now."""
        kept = await store.line(session)
        if kept is None:
            return self._without(known)
        if kept.monthly_limit is not None and await _is_used_up(session, kept.monthly_limit):
            return Away(Words("plan_used_up"), _until_next_month(clock.now()))
        mark = f"{kept.account_sid} {kept.version}"
        if known is not None and known.mark == mark:
            return known
        try:
            carrier = TwilioCarrier(
                Twilio(self.line_of(kept), self.api_url), self._known, self._callback(kept)
            )
        except SealBroken:
            return Away(Words("seal_broken"), _LOOK_AGAIN)
        return Opened(mark, carrier)

    async def addressed(
        self, session: WriteSession, record: Values | None, to: tuple[str, ...]
    ) -> Envelope | Refused | Blocked:
        """Return the number a text goes to, as long as its client has it marked for texts."""
        country = (await store.company(session)).country
        number = e164(record["phone"] if record else "".join(to[:1]), country)
        if number is None:
            return Refused(Words("not_textable"))
        if record is None:
            return Envelope((number,))
        client = record["client_id"] and await records.find(session, "clients", UUID(record["client_id"]))
        marked = [each for each in client["phones"] if each["is_sms_enabled"]] if client else []
        if phones_with(marked, number, country):
            return Envelope((number,))
        stopped = await blocked(session, Channel.TEXT, [number])
        return Blocked(stopped.get(number) or Words("not_marked"))

    def line_of(self, kept: TextLine) -> Line:
        """Return an account's line with what opens it; raises `SealBroken`."""
        token = self.vault.open(kept.account_id, SEALED_AS, kept.auth_token)
        return Line(kept.account_sid, token, kept.from_number, kept.messaging_service_sid)

    def hook(self, kept: TextLine, name: str) -> str | None:
        """Return the address that hears of one thing, `incoming` or `status`; none without a public one.

        Raises `SealBroken`.
        """
        key = self.vault.open(kept.account_id, HOOK_SEALED_AS, kept.hook_key)
        return f"{self.public_url}/v1/text-hooks/{key}/{name}" if self.public_url else None

    def _without(self, known: Opened | None) -> Opened | Away:
        if self.keeps_files_in is None:
            return Away(Words("no_text_line"), _LOOK_AGAIN)
        if known is not None and known.mark == "files":
            return known
        return Opened("files", StandIn(self.keeps_files_in, Sender("", "")))

    def _callback(self, kept: TextLine) -> Callable[[UUID], str | None]:
        hook = self.hook(kept, "status")
        return lambda letter_id: f"{hook}?letter={letter_id}" if hook else None

    async def _known(self, account_id: UUID, refs: Collection[str]) -> Collection[str]:
        if not refs:
            return ()
        async with self.database.reading(account_id, is_urgent=True) as session:
            return await store.other_letters(session, refs)


async def _is_used_up(session: WriteSession, limit: int) -> bool:
    return await store.sent_in_month(session, clock.now().date()) >= limit


def _until_next_month(now: datetime) -> timedelta:
    """Return how long to wait before it is looked again, at most an hour: somebody may raise the limit."""
    later = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    return min(_LOOK_AGAIN, datetime(later.year, later.month, 1, tzinfo=UTC) - now)
