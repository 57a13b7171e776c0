"""The tables of templates, and of letters that go on paper."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    String,
    Uuid,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from app.templates.fields import Basis


class TemplateKind(StrEnum):
    """What is made of a template: an email of plain text, one in HTML, or a text message."""

    FORM_LETTER = "form_letter"
    HTML_EMAIL = "html_email"
    TEXT = "text"


class PaperState(StrEnum):
    """Whether a letter on paper has been printed."""

    TO_PRINT = "to_print"
    PRINTED = "printed"


def _one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    words = ", ".join(f"'{each.value}'" for each in kind)
    return CheckConstraint(f"{column} IN ({words})", name=column)


class Template(SQLModel, table=True):
    """A letter that is written once; `fields` are the names it used when it was saved."""

    __tablename__ = "templates"
    __table_args__ = (
        Index("uq_templates_name", "account_id", sql("lower(name)"), unique=True),
        _one_of("kind", TemplateKind),
        _one_of("basis", Basis),
    )

    account_id: UUID = Field(primary_key=True)
    template_id: UUID = Field(primary_key=True)
    name: str
    kind: str
    basis: str
    subject: str
    text: str
    html: str | None
    file_ids: list[UUID] = Field(
        default_factory=list, sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": sql("'{}'::uuid[]")}
    )
    has_calendar: bool
    email_type_id: UUID | None
    fields: list[str] = Field(sa_type=ARRAY(String))
    is_inactive: bool
    version: int
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_by: UUID | None


class PaperLetter(SQLModel, table=True):
    """A letter to a client that goes on paper: the piece of a page that is printed, cleaned."""

    __tablename__ = "paper_letters"
    __table_args__ = (
        Index("ix_paper_letters_state", "account_id", "state", "made_at", "paper_id"),
        Index("ix_paper_letters_client", "account_id", "client_id"),
        _one_of("state", PaperState),
        ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name="fk_paper_letters_client",
            ondelete="CASCADE",
        ),
    )

    account_id: UUID = Field(primary_key=True)
    paper_id: UUID = Field(primary_key=True)
    client_id: UUID
    title: str
    html: str
    state: str
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    printed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    printed_by: UUID | None = None
