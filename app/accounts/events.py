"""What this room announces, inside the transaction in which it happens."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.models import Account, Edition, SubscriptionState, User
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
    lists: tuple[str, ...]
    show_on_calendar: bool


def account_fields(account: Account) -> dict[str, Any]:
    """Return what an event tells of an account."""
    return account.model_dump(exclude={"created_at", "changed_at"})


def user_changed(user: User) -> UserChanged:
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
        lists=tuple(user.lists),
        show_on_calendar=user.show_on_calendar,
    )
