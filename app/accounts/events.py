"""What this room announces, inside the transaction in which it happens; `changed` names the fields set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.accounts.models import Account, Device, Edition, SecurityGroup, SubscriptionState, User
from app.core.events import Event


@dataclass(frozen=True, slots=True)
class _AccountEvent(Event):
    account_id: UUID
    account_name: str
    company_name: str
    edition: Edition
    licences: int
    subscription_state: SubscriptionState
    time_zone: str
    country: str
    is_security_active: bool
    changed: tuple[str, ...] = ()


class AccountCreated(_AccountEvent):
    """An account has been made; its clock stands and its first user is about to be announced."""


class AccountChanged(_AccountEvent):
    """Something about an account has changed; all its fields are given."""


@dataclass(frozen=True, slots=True)
class UserChanged(Event):
    """A user has been made or has changed; all public fields are given."""

    account_id: UUID
    user_id: UUID
    initials: str
    first_name: str
    last_name: str
    display_name: str
    email: str | None
    is_administrator: bool
    is_active: bool
    departments: tuple[UUID, ...]
    studios: tuple[UUID, ...]
    lists: tuple[str, ...]
    show_on_calendar: bool
    group_id: UUID | None
    levels: Mapping[str, str]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityGroupChanged(Event):
    """A security group has been made, has changed or is gone."""

    account_id: UUID
    group_id: UUID
    name: str
    levels: Mapping[str, str]
    is_gone: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceChanged(Event):
    """A device has been authorized, deactivated, reactivated or removed."""

    account_id: UUID
    device_id: UUID
    user_id: UUID
    studio_id: UUID | None
    is_inactive: bool
    is_gone: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyChanged(Event):
    """An API key has been made, may do something else, or has been revoked."""

    account_id: UUID
    key_id: UUID


@dataclass(frozen=True, slots=True)
class DeviceWiped(Event):
    """A deactivated phone has confirmed that its local copy is gone."""

    account_id: UUID
    device_id: UUID
    wiped_at: datetime


@dataclass(frozen=True, slots=True)
class RowChanged(Event):
    """An account, user, group, device or API key has been made, has changed or is gone, for the record.

    `before` and `after` have what is set of it, never a secret: of a password only that it was. A new one has
    no `before`, one that is gone no `after`.
    """

    account_id: UUID
    subject: str
    record_id: UUID
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class Oddity(StrEnum):
    """What is unusual about a sign-in, and worth a look."""

    AFTER_FAILURES = "after_failures"
    NEW_DEVICE = "new_device"
    NEW_NETWORK = "new_network"


@dataclass(frozen=True, slots=True)
class SignedIn(Event):
    """Somebody has signed in; `failures` are the wrong passwords before it that were counted as theirs."""

    account_id: UUID
    sign_in_id: UUID
    user_id: UUID
    device_id: UUID | None
    network: str | None
    failures: int
    odd: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True)
class SignInRefused(Event):
    """A wrong password was tried, the first in a while or the last there may be; for a `user_id` there is.

    Announced with a made-up account too, so that an account that does not exist takes no less time.
    """

    account_id: UUID
    user_id: UUID | None
    network: str | None
    failures: int
    is_spent: bool


class Limit(StrEnum):
    """What has so many wrong passwords in a quarter of an hour and no more."""

    USER = "user"
    ACCOUNT = "account"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class GuessingStopped(Event):
    """A wrong password was the last there may be for a while; `failures` were counted in this account.

    A network's may have been for other accounts too, and is told to that of the last. `user_id` is whose
    limit it was, if it was that of a user there is. Announced with a made-up account too.
    """

    account_id: UUID
    limit: Limit
    user_id: UUID | None
    network: str | None
    failures: int


@dataclass(frozen=True, slots=True)
class SignInEnded(Event):
    """Somebody has signed out, or a sign-in was ended because a spent token was used again.

    `network` is where the spent token came from, if that is known.
    """

    account_id: UUID
    sign_in_id: UUID
    user_id: UUID
    device_id: UUID | None
    reason: str
    network: str | None = None


@dataclass(frozen=True, slots=True)
class SignInsEnded(Event):
    """So many sign-ins of a user, or on one phone of theirs, were ended by something else that was done."""

    account_id: UUID
    user_id: UUID
    device_id: UUID | None
    reason: str
    sign_ins: int


def account_fields(account: Account) -> dict[str, Any]:
    """Return what an event tells of an account."""
    return account.model_dump(exclude={"created_at", "changed_at", "version"})


def user_changed(user: User, changed: tuple[str, ...]) -> UserChanged:
    """Return the event about a user as they now are."""
    return UserChanged(
        account_id=user.account_id,
        user_id=user.user_id,
        initials=user.initials,
        first_name=user.first_name,
        last_name=user.last_name,
        display_name=user.display_name,
        email=user.email,
        is_administrator=user.is_administrator,
        is_active=user.is_active,
        departments=tuple(user.departments),
        studios=tuple(user.studios),
        lists=tuple(user.lists),
        show_on_calendar=user.show_on_calendar,
        group_id=user.group_id,
        levels=dict(user.levels),
        changed=changed,
    )


def group_changed(group: SecurityGroup, changed: tuple[str, ...], *, is_gone: bool) -> SecurityGroupChanged:
    """Return the event about a security group as it now is, or was."""
    return SecurityGroupChanged(
        account_id=group.account_id,
        group_id=group.group_id,
        name=group.name,
        levels=dict(group.levels),
        is_gone=is_gone,
        changed=changed,
    )


def device_changed(device: Device, changed: tuple[str, ...], *, is_gone: bool) -> DeviceChanged:
    """Return the event about a device as it now is, or was."""
    return DeviceChanged(
        account_id=device.account_id,
        device_id=device.device_id,
        user_id=device.user_id,
        studio_id=device.studio_id,
        is_inactive=device.is_inactive,
        is_gone=is_gone,
        changed=changed,
    )
