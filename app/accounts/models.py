"""Accounts, users, devices and sign-ins as tables."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Enum,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Edition(StrEnum):
    """What an account has bought; `spectra` is the older, local product."""

    EXPRESS = "express"
    ESSENTIAL = "essential"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"
    SPECTRA = "spectra"


MOBILE_EDITIONS = frozenset({Edition.ESSENTIAL, Edition.PROFESSIONAL, Edition.ENTERPRISE})


class SubscriptionState(StrEnum):
    """How an account stands with its payments."""

    TRIAL = "trial"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


CURRENT_STATES = frozenset({SubscriptionState.TRIAL, SubscriptionState.ACTIVE})


class UserList(StrEnum):
    """A drop-down list a user may appear on."""

    PHOTOGRAPHER = "photographer"
    ASSISTANT = "assistant"
    SALES_REP = "sales_rep"
    RETOUCHER = "retoucher"
    RECEPTIONIST = "receptionist"


class DeviceOrder(StrEnum):
    """By what devices are listed: those first that need somebody most, or as they were authorized."""

    AUTHORIZED = "authorized"
    LAST_SYNC = "last_sync"
    QUEUED = "queued"


def _one_of(kind: type[StrEnum]) -> Any:
    """Store the values and not the names, as text, which a check holds to the values."""
    return Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def _instant() -> Any:
    return DateTime(timezone=True)


def _version() -> Any:
    """Count the changes of a row, so that nobody overwrites what they have not seen."""
    return Field(default=1, sa_column_kwargs={"server_default": text("1")})


def _levels() -> Any:
    """Keep levels by feature, of those that were given."""
    return Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'::jsonb")}
    )


class AccountDirectory(SQLModel, table=True):
    """The one table without accounts' walls: which account a name, in lower case, belongs to.

    `day_ends_at` is when a day next ends that the account keeps figures by; none while it keeps none.
    `cards_due_at` is when something is next to be done about its card payments; none while nothing is. So is
    `pictures_due_at` of its pictures, `letters_due_at` of what it sends, `mailboxes_due_at` of the mailbox it
    reads, `automations_due_at` of its triggers, and `webhooks_due_at` of what programs of others are to hear;
    `galleries_due_at` is when one of its online galleries next expires.
    """

    __tablename__ = "account_directory"
    __table_args__ = (
        UniqueConstraint("account_id"),
        Index("ix_account_directory_day_ends_at", "day_ends_at", "account_id"),
        Index("ix_account_directory_automations_due_at", "automations_due_at", "account_id"),
        Index("ix_account_directory_cards_due_at", "cards_due_at", "account_id"),
        Index("ix_account_directory_galleries_due_at", "galleries_due_at", "account_id"),
        Index("ix_account_directory_letters_due_at", "letters_due_at", "account_id"),
        Index("ix_account_directory_mailboxes_due_at", "mailboxes_due_at", "account_id"),
        Index("ix_account_directory_pictures_due_at", "pictures_due_at", "account_id"),
        Index("ix_account_directory_webhooks_due_at", "webhooks_due_at", "account_id"),
    )

    account_name: str = Field(primary_key=True)
    account_id: UUID
    day_ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    cards_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    galleries_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    pictures_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    letters_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    mailboxes_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    automations_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    webhooks_due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Account(SQLModel, table=True):
    """A company: the tenant."""

    __tablename__ = "accounts"

    account_id: UUID = Field(primary_key=True)
    account_name: str
    company_name: str
    edition: Edition = Field(sa_type=_one_of(Edition))
    licences: int
    subscription_state: SubscriptionState = Field(sa_type=_one_of(SubscriptionState))
    time_zone: str
    country: str
    is_security_active: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int = _version()
    created_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())


class SecurityGroup(SQLModel, table=True):
    """What several users may do: levels by feature, where they are not the features' own."""

    __tablename__ = "security_groups"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        UniqueConstraint("account_id", "name_key"),
    )

    account_id: UUID = Field(primary_key=True)
    group_id: UUID = Field(primary_key=True)
    name: str
    name_key: str
    levels: dict[str, str] = _levels()
    version: int = _version()
    created_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())


class User(SQLModel, table=True):
    """A person who works in an account; `initials` are the login name, found by `initials_key`.

    An administrator may do anything and is in no other group; `levels` are the user's own and go before those
    of the group. `studios` are those of an enterprise the user works in, all of them where none is named.
    """

    __tablename__ = "users"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        ForeignKeyConstraint(
            ["account_id", "group_id"], ["security_groups.account_id", "security_groups.group_id"]
        ),
        Index("ix_users_group", "account_id", "group_id"),
        Index(
            "uq_users_active_initials",
            "account_id",
            "initials_key",
            unique=True,
            postgresql_where=text("is_active"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    initials: str
    initials_key: str
    password_hash: str
    must_reset: bool
    first_name: str
    last_name: str
    display_name: str
    email: str | None = None
    is_administrator: bool
    is_active: bool
    departments: list[UUID] = Field(sa_type=ARRAY(Uuid))
    studios: list[UUID] = Field(
        default_factory=list, sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": text("'{}'::uuid[]")}
    )
    lists: list[str] = Field(sa_type=ARRAY(String))
    show_on_calendar: bool
    group_id: UUID | None = None
    levels: dict[str, str] = _levels()
    version: int = _version()
    created_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())


class Device(SQLModel, table=True):
    """A slot for a phone of one user: authorized by an administrator, bound at the phone's first login.

    It counts against the allowance unless inactive, bound or not. `wipe_nonce` is set while a deactivated
    phone is being told to clear its copy, and names that one order; without it the phone keeps what it has
    and may come back with it. `binding_id` names the bond between slot and phone: cursors made under another
    bond are worth nothing.
    """

    __tablename__ = "devices"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.user_id"]),
        UniqueConstraint("account_id", "user_id", "device_uid"),
    )

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    user_id: UUID
    studio_id: UUID | None = None
    device_uid: UUID | None = None
    binding_id: UUID | None = None
    name: str | None = None
    model: str | None = None
    platform: str | None = None
    app_version: str | None = None
    schema_version: int | None = None
    is_inactive: bool = False
    last_sync: datetime | None = Field(default=None, sa_type=_instant())
    queued: int | None = None
    oldest_queued_at: datetime | None = Field(default=None, sa_type=_instant())
    authorized_at: datetime = Field(sa_type=_instant())
    authorized_by: UUID | None = None
    bound_at: datetime | None = Field(default=None, sa_type=_instant())
    deactivated_at: datetime | None = Field(default=None, sa_type=_instant())
    deactivated_by: UUID | None = None
    wipe_nonce: UUID | None = None
    wipe_ordered_at: datetime | None = Field(default=None, sa_type=_instant())
    wiped_at: datetime | None = Field(default=None, sa_type=_instant())
    version: int = _version()

    @property
    def is_bound(self) -> bool:
        """Tell whether a phone has signed in on it."""
        return self.device_uid is not None

    @property
    def is_kept(self) -> bool:
        """Tell whether a phone has, or may have, its copy still and may go on with it."""
        return self.is_bound and self.wipe_nonce is None


class SignIn(SQLModel, table=True):
    """One sign-in and the family of refresh tokens that prolongs it, until it is revoked or ends.

    `network` is where it came from, if that is known: there the user is no stranger any more.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.user_id"]),
        ForeignKeyConstraint(
            ["account_id", "device_id"], ["devices.account_id", "devices.device_id"], ondelete="CASCADE"
        ),
        Index("ix_sign_ins_user", "account_id", "user_id"),
        Index("ix_sign_ins_device", "account_id", "device_id"),
    )

    account_id: UUID = Field(primary_key=True)
    sign_in_id: UUID = Field(primary_key=True)
    user_id: UUID
    device_id: UUID | None = None
    network: str | None = None
    created_at: datetime = Field(sa_type=_instant())
    absolute_end: datetime = Field(sa_type=_instant())
    revoked_at: datetime | None = Field(default=None, sa_type=_instant())
    reason: str | None = None


class RefreshToken(SQLModel, table=True):
    """A refresh token, known by its hash; once used, `successor_salt` goes into its successor."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "sign_in_id"], ["sign_ins.account_id", "sign_ins.sign_in_id"], ondelete="CASCADE"
        ),
        Index("ix_refresh_tokens_sign_in", "account_id", "sign_in_id"),
    )

    account_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    sign_in_id: UUID
    issued_at: datetime = Field(sa_type=_instant())
    expires_at: datetime = Field(sa_type=_instant())
    used_at: datetime | None = Field(default=None, sa_type=_instant())
    successor_salt: bytes | None = Field(default=None, sa_type=LargeBinary)


class ApiKey(SQLModel, table=True):
    """A key by which a program comes in as its owner, with no more than its `levels`; known by its hash.

    `hint` is how it ends, for people to tell keys apart. `last_used_at` and `last_network` are written behind
    an answer, once in a while. One that has ended is kept for the list.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "owner_id"], ["users.account_id", "users.user_id"]),
        Index("ix_api_keys_owner", "account_id", "owner_id"),
    )

    account_id: UUID = Field(primary_key=True)
    key_id: UUID = Field(primary_key=True)
    owner_id: UUID
    name: str
    hint: str
    secret_hash: bytes = Field(sa_type=LargeBinary)
    levels: dict[str, str] = _levels()
    version: int = _version()
    created_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())
    expires_at: datetime = Field(sa_type=_instant())
    last_used_at: datetime | None = Field(default=None, sa_type=_instant())
    last_network: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=_instant())
    revoked_by: UUID | None = None


class SignInBudget(SQLModel, table=True):
    """How many wrong passwords were tried since a window began, against one budget: `caller` names it."""

    __tablename__ = "sign_in_budgets"

    account_id: UUID = Field(primary_key=True)
    caller: str = Field(primary_key=True)
    window_start: datetime = Field(sa_type=_instant())
    failures: int
