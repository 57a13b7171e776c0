"""What has been noticed, before it is kept."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.notices.models import NoticeKind, Why

_WHEREVER = {Why.USER_LIMIT, Why.ACCOUNT_LIMIT}
"""What is one thing from however many networks it comes."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something unusual: about whom, why, on which phone, from where, by whom, and how many there were."""

    kind: NoticeKind
    user_id: UUID | None
    why: tuple[Why, ...] = ()
    device_id: UUID | None = None
    device_name: str | None = None
    network: str | None = None
    by_id: UUID | None = None
    count: int = 1

    def goes_on(self, kept: asyncpg.Record) -> bool:
        """Say whether this is more of what a notice of its kind and user tells of."""
        if kept["why"] != [each.value for each in self.why]:
            return False
        places = (kept["device_id"], kept["by_id"]), (self.device_id, self.by_id)
        is_there = kept["network"] == self.network or not _WHEREVER.isdisjoint(self.why)
        return places[0] == places[1] and is_there
