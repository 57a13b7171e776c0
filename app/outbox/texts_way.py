"""The way of texts, where no provider is set up: kept as files on a developer's machine, else they wait."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.core.db import WriteSession
from app.core.settings import Settings
from app.outbox.carriers import Away, Blocked, Envelope, Opened, Refused
from app.outbox.mail.writing import Sender
from app.outbox.standin import StandIn
from app.outbox.states import Channel
from app.outbox.words import Words
from app.sync import records
from app.sync.fields import Values

_LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TextWay:
    """Keeps texts in files, or has them wait."""

    keeps_files_in: Path | None
    channel: Channel = Channel.TEXT

    @classmethod
    def of(cls, settings: Settings) -> "TextWay":
        """Return it as the settings have it."""
        return cls(settings.data_dir if settings.environment == "development" else None)

    async def opened(self, session: WriteSession, known: Opened | None) -> Opened | Away:
        """Return by what the account's texts go now."""
        del session
        if known is not None:
            return known
        if self.keeps_files_in is None:
            return Away(Words("no_text_line"), _LOOK_AGAIN)
        return Opened("files", StandIn(self.keeps_files_in, Sender("", "")))

    async def addressed(
        self, session: WriteSession, record: Values | None, to: tuple[str, ...]
    ) -> Envelope | Refused | Blocked:
        """Return the number a text goes to, as long as its client has it marked for texts."""
        if record is None:
            return Envelope(to)
        client = record["client_id"] and await records.find(session, "clients", UUID(record["client_id"]))
        marked = [each["number"] for each in client["phones"] if each["is_sms_enabled"]] if client else []
        if _digits(record["phone"]) not in map(_digits, marked):
            return Blocked(Words("not_marked"))
        return Envelope((record["phone"],))


def _digits(number: str) -> str:
    return "".join(each for each in number if each.isdigit())
