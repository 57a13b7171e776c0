"""The portal as tables: clients' logins, their sign-ins, what is to be told them, and how logins begin."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return DateTime(timezone=True)


def _of_client(table: str) -> ForeignKeyConstraint:
    """Have rows go with their client, whoever deletes or merges that."""
    return ForeignKeyConstraint(
        ["account_id", "client_id"],
        ["clients.account_id", "clients.id"],
        name=f"fk_{table}_client",
        ondelete="CASCADE",
    )


class LoginField(StrEnum):
    """What of a client a user name or a password begins as."""

    CLIENT_EMAIL = "client_email"
    CLIENT_NUMBER = "client_number"
    LAST_NAME = "last_name"


class PortalSettings(SQLModel, table=True):
    """What the logins of a company's clients begin as; without a row, as email address and last name."""

    __tablename__ = "portal_settings"

    account_id: UUID = Field(primary_key=True)
    user_name_from: str = Field(default=LoginField.CLIENT_EMAIL)
    password_from: str = Field(default=LoginField.LAST_NAME)


class PortalLogin(SQLModel, table=True):
    """How a client signs in; `user_name_key` is the name in one form and one case, an account's only one.

    A default login has `tries_left` until `expires_at`; without a hash no password opens it.
    """

    __tablename__ = "portal_logins"
    __table_args__ = (
        UniqueConstraint("account_id", "user_name_key", name="uq_portal_logins_user_name_key"),
        _of_client("portal_logins"),
    )

    account_id: UUID = Field(primary_key=True)
    client_id: UUID = Field(primary_key=True)
    user_name: str
    user_name_key: str
    password_hash: str | None = None
    is_default: bool
    expires_at: datetime | None = Field(default=None, sa_type=_instant())
    tries_left: int = 0
    changed_at: datetime = Field(sa_type=_instant())


class PortalSession(SQLModel, table=True):
    """A client who has signed in to a gallery; `is_limited` opens only “choose a new password”.

    Kept is the SHA-256 of what their browser brings.
    """

    __tablename__ = "portal_sessions"
    __table_args__ = (
        Index("ix_portal_sessions_client", "account_id", "client_id"),
        _of_client("portal_sessions"),
    )

    account_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    client_id: UUID
    gallery_id: UUID
    is_limited: bool
    ends_at: datetime = Field(sa_type=_instant())


class LetterKind(StrEnum):
    """What a client is to be told about their login."""

    LOGIN_RESET = "login_reset"
    RESET_VOID = "reset_void"
    LOGIN_FORGOTTEN = "login_forgotten"


class PortalLetter(SQLModel, table=True):
    """Something a client is to be told: by the letter of the same id, or by the studio where none arrives.

    `sent_at` is kept here too: staff have nothing more to do, also when that letter is forgotten.
    """

    __tablename__ = "portal_letters"
    __table_args__ = (
        Index("ix_portal_letters_client", "account_id", "client_id", "made_at"),
        Index("ix_portal_letters_made_at", "account_id", "made_at"),
        _of_client("portal_letters"),
    )

    account_id: UUID = Field(primary_key=True)
    letter_id: UUID = Field(primary_key=True)
    client_id: UUID
    gallery_id: UUID
    kind: str
    made_at: datetime = Field(sa_type=_instant())
    sent_at: datetime | None = Field(default=None, sa_type=_instant())
    acknowledged_at: datetime | None = Field(default=None, sa_type=_instant())
    acknowledged_by: UUID | None = None


class PortalLink(SQLModel, table=True):
    """A link by which a client chooses a new password, once; kept is the SHA-256 of its secret.

    It went, or is to go, with the letter `letter_id`.
    """

    __tablename__ = "portal_links"
    __table_args__ = (
        Index("ix_portal_links_client", "account_id", "client_id"),
        _of_client("portal_links"),
    )

    account_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    client_id: UUID
    gallery_id: UUID
    letter_id: UUID
    ends_at: datetime = Field(sa_type=_instant())
