"""The carrier of texts: one that may have been taken in is looked up, and never sent again on a chance."""

import unicodedata
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from app.outbox.carriers import Away, Carried, Deferred, Doubtful, Outcome, Parcel
from app.outbox.texts.answers import outcome_of
from app.outbox.texts.twilio import PAGE, NotSent, Twilio, Unheard, messages_in
from app.outbox.words import Words, printable

LOOKED_UP = "looked_up"
"""The code of a text that was looked up once and not found."""
BETWEEN = timedelta(minutes=2)
"""How long a text in doubt waits before it is looked up, and again before it is taken for not sent."""
_CLOCKS_APART = timedelta(minutes=2)
Known = Callable[[UUID, Collection[str]], Awaitable[Collection[str]]]
"""Return which of some messages are other letters of an account."""


@dataclass(frozen=True, slots=True)
class TwilioCarrier:
    """Sends texts by one line; `callback` is where news of a letter go, by its id."""

    twilio: Twilio
    known: Known
    callback: Callable[[UUID], str | None]

    async def carry(self, parcel: Parcel) -> Outcome:
        """Send a text; one in doubt is looked up first, twice and two minutes apart, before it is sent again.

        The provider knows no key by which it would take a text but once.
        """
        if parcel.is_in_doubt:
            outcome = await self._looked_up(parcel)
            if outcome is not None:
                return outcome
        # Nobody else has taken it up yet, and will not while the provider may answer.
        left = parcel.ends_at - monotonic()
        if left <= 0:
            return Doubtful(Words("doubtful")) if parcel.is_in_doubt else Deferred(Words("server_busy"))
        callback = self.callback(parcel.letter_id)
        try:
            answer = await self.twilio.send(parcel.recipients[0], parcel.content.text, callback, left)
        except NotSent:
            return Away(Words("provider_away"))
        except Unheard:
            return Doubtful(Words("doubtful"), BETWEEN)
        return outcome_of(answer)

    async def close(self) -> None:
        """Hang up."""
        await self.twilio.close()

    async def _looked_up(self, parcel: Parcel) -> Outcome | None:
        """Return what has become of a text that may have been taken in; none when it surely was not."""
        try:
            answer = await self.twilio.sent_to(parcel.recipients[0])
        except (NotSent, Unheard):
            return Away(Words("provider_away"), is_doubtful=True)
        found = messages_in(answer)
        if found is None:
            return Away(Words("provider_away", printable(answer.said)), is_doubtful=True)
        since = parcel.first_tried_at - _CLOCKS_APART
        fresh = [each for each in found if each.at >= since]
        alike = [each.sid for each in fresh if _told(each.body) == _told(parcel.content.text)]
        others = await self.known(parcel.account_id, alike)
        # The oldest that is nobody's: of two alike each is found once.
        for sid in reversed(alike):
            if sid not in others:
                return Carried(sid)
        if len(fresh) >= PAGE:
            return Doubtful(Words("doubtful"), BETWEEN)
        return None if _was_absent(parcel) else Doubtful(Words(LOOKED_UP), BETWEEN)


def _was_absent(parcel: Parcel) -> bool:
    """Say whether a text was looked up before and not found, and nobody has tried to send it since."""
    return parcel.last_code == LOOKED_UP and not parcel.was_cut


def _told(text: str) -> str:
    """Return what a text says in letters and digits: a provider puts other quotation marks in."""
    kept = "".join(each for each in unicodedata.normalize("NFKD", text) if each.isalnum())
    return kept.casefold() or text.strip()
