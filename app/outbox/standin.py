"""The stand-in: on a machine of developers letters are kept as files, and say so."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from app.outbox.carriers import Carried, Outcome, Parcel, Refused
from app.outbox.mail.writing import CannotBeWritten, Sender, needs_utf8, written
from app.outbox.states import Channel
from app.outbox.words import Words

_FOLDER = "outgoing"


@dataclass(frozen=True, slots=True)
class StandIn:
    """Writes each letter to a file under its id, `.eml` or `.txt`; the same again is the same file."""

    data_dir: Path
    sender: Sender

    async def carry(self, parcel: Parcel) -> Outcome:
        """Keep a letter."""
        try:
            kept = await asyncio.to_thread(self._kept, parcel)
        except CannotBeWritten as error:
            return Refused(error.words)
        return Carried(kept, remark=Words("not_really_sent"))

    async def close(self) -> None:
        """Do nothing: no line is open."""

    def _kept(self, parcel: Parcel) -> str:
        folder = self.data_dir / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        if parcel.channel is Channel.EMAIL:
            place = folder / f"{parcel.letter_id}.eml"
            is_utf8 = needs_utf8(parcel, self.sender)
            place.write_bytes(written(parcel, self.sender, is_utf8=is_utf8))
        else:
            place = folder / f"{parcel.letter_id}.txt"
            place.write_text(
                f"To: {', '.join(parcel.recipients)}\n\n{parcel.content.text}\n", encoding="utf-8"
            )
        return place.name
