"""Who is asking, and what an account's security lets them do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Channel(StrEnum):
    """The way a request came in."""

    MOBILE = "mobile"
    DESK = "desk"
    SYSTEM = "system"
    KEY = "key"
    """For the audit trail alone: whoever asks by an API key is at a desk to everything else."""


class Level(StrEnum):
    """How much somebody may do with a feature; each level has all those before it."""

    NO_ACCESS = "no_access"
    VIEW_ONLY = "view_only"
    ADD_ONLY = "add_only"
    ADD_MODIFY = "add_modify"
    ADD_MODIFY_DELETE = "add_modify_delete"
    FULL_ACCESS = "full_access"

    # Each change is judged by levels, and a member's own hash is worked out from its name each time.
    __hash__ = str.__hash__

    def covers(self, needed: "Level") -> bool:
        """Say whether this level has what another one has."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, or the house itself, acting in one account.

    `device_id` is the slot of the phone that asks, none for a desk; `binding_id` names the bond between that
    slot and that phone's local copy, and is new each time a slot is bound; `user_id` is none for the system.
    `studio_id` is the studio the phone is bound to, `studios` are those the user works in, if not in all.
    `levels` are those the user's group and the user were given, by feature: none at all where the account has
    not activated security. Who asks by an API key is the key's owner, with no more than the key's own levels:
    `key_id` names it.
    """

    account_id: UUID
    account_name: str
    time_zone: str
    channel: Channel
    user_id: UUID | None = None
    initials: str = "SPSA"
    is_administrator: bool = False
    device_id: UUID | None = None
    binding_id: UUID | None = None
    studio_id: UUID | None = None
    departments: tuple[UUID, ...] = ()
    studios: tuple[UUID, ...] = ()
    levels: Mapping[str, Level] | None = field(default=None, hash=False)
    sign_in_id: UUID | None = None
    key_id: UUID | None = None

    @property
    def copy_id(self) -> UUID | None:
        """Name the local copy the one who asks keeps: a phone's by its bond, others' by key or sign-in."""
        return self.binding_id or self.key_id or self.sign_in_id

    @property
    def sites(self) -> frozenset[UUID] | None:
        """Return the studios whose records a phone may hold, beside what is of no studio; None for all."""
        bound = None if self.studio_id is None else frozenset({self.studio_id})
        worked_in = frozenset(self.studios) or None
        return bound if worked_in is None else worked_in if bound is None else bound & worked_in

    @classmethod
    def system(cls, account_id: UUID, account_name: str = "", time_zone: str = "UTC") -> "Principal":
        """Return the house itself, with every right, in one account."""
        return cls(
            account_id=account_id,
            account_name=account_name,
            time_zone=time_zone,
            channel=Channel.SYSTEM,
            is_administrator=True,
        )
