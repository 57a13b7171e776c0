"""What imports say and hear over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.desk.imports.store import Duplicates, Fate, State
from app.desk.imports.targets import Kind
from app.desk.imports.values import DateOrder
from app.http.schemas import Answer, Wire
from app.readers.tables import MAX_COLUMNS
from app.studio.companies import DuplicateCheck

_ID = "4f9f6f0e-5b1f-4f0d-9a53-1f6e0c0a2801"
_FieldName = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class ColumnAnswer(Answer):
    """A column of the file."""

    name: str = Field(description="How the file heads it.", examples=["E-mail 1 - Value"])
    field: str | None = Field(
        description="What it is taken for, a name from `/v1/import-fields`; none for one that is left out.",
        examples=["email"],
    )
    samples: list[str] = Field(
        description="What the first rows that have anything in it have.", examples=[["laura@hartley.example"]]
    )


class CountsAnswer(Answer):
    """How many rows have which fate, of those that were looked at."""

    create: int = Field(description="Would be made.", examples=[118])
    duplicate: int = Field(description="Are like a record there is, or an earlier row.", examples=[7])
    error: int = Field(description="Could not be made.", examples=[3])
    created: int = Field(description="Were made.", examples=[0])
    filled: int = Field(description="Filled in what was empty in a record there was.", examples=[0])
    skipped: int = Field(description="Were left out for being like another.", examples=[0])
    failed: int = Field(description="Could not be made or filled in.", examples=[0])
    undone: int = Field(description="Were made, and deleted by undoing that.", examples=[0])


class ImportAnswer(Answer):
    """A file that is brought in, and how far it has come."""

    id: UUID = Field(description="The import.", examples=[_ID])
    version: int = Field(description="Counts the changes of its state and mapping.", examples=[1])
    kind: Kind = Field(description="What its records are.", examples=["clients"])
    form: str = Field(description="`csv`, `xlsx`, `vcard` or `icalendar`.", examples=["csv"])
    state: State = Field(
        description="`waiting` for a check, `checking`, `checked`, `running`, `done`, `cancelled`,"
        " `undoing` or `undone`.",
        examples=["checked"],
    )
    columns: list[ColumnAnswer] = Field(description="The columns of the file, in its order.")
    dates: DateOrder | None = Field(
        description="What comes first in dates such as 03/04/2026; none if no date tells: those that may be"
        " read either way are errors then.",
        examples=["month_first"],
    )
    compare_by: list[DuplicateCheck] = Field(
        description="What makes a row like a client there is; a client number always does.",
        examples=[["email", "phone"]],
    )
    duplicates: Duplicates | None = Field(
        description="What its run does with rows like another; none before.", examples=[None]
    )
    total: int = Field(description="How many rows there are.", examples=[128])
    done: int = Field(
        description="How many of them this check, run or undoing has looked at.", examples=[128]
    )
    counts: CountsAnswer = Field(description="The fates of those.")
    made_at: datetime = Field(description="When the file was sent.", examples=["2026-05-04T09:30:00Z"])


class ImportList(Answer):
    """Imports, the newest first."""

    imports: list[ImportAnswer] = Field(description="Those of who asks, or all to an administrator.")


class MappingRequest(Wire):
    """What the columns are."""

    fields: list[_FieldName | None] = Field(
        max_length=MAX_COLUMNS,
        description="Of each column what it is, null for one that is left out; a field once, but `notes`,"
        " `children` and telephone numbers with one label may be several columns.",
        examples=[["first_name", "last_name", "email", None]],
    )
    dates: DateOrder | None = Field(
        None, description="What comes first in dates such as 03/04/2026.", examples=["month_first"]
    )
    compare_by: list[DuplicateCheck] = Field(
        default=[DuplicateCheck.EMAIL, DuplicateCheck.PHONE, DuplicateCheck.FIRST_AND_LAST_NAME],
        max_length=10,
        description="What makes a row like a client there is, or like an earlier row.",
        examples=[["email", "phone"]],
    )


class RunRequest(Wire):
    """What is done with rows like another."""

    duplicates: Duplicates = Field(
        description="`skip` them, `create` them all the same, or `fill` in what is empty in the one record"
        " they are like. It stays the same for the whole run.",
        examples=["skip"],
    )


class RowAnswer(Answer):
    """A row, and its fate."""

    row: int = Field(
        description="Its place in the file: the line of a table, or which card or event.", examples=[17]
    )
    fate: Fate = Field(description="What would become of it, or has.", examples=["duplicate"])
    record_id: UUID | None = Field(description="The record that was made or filled in.", examples=[None])
    duplicates_of: list[UUID] = Field(
        description="The records it is like.", examples=[["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"]]
    )
    same_as_row: int | None = Field(description="The earlier row it is like.", examples=[None])
    code: str | None = Field(
        description="Why it is an error, a duplicate that could not be made,"
        " or stays where the rest is undone: the code of a verdict, or"
        " `row_unreadable`.",
        examples=[None],
    )
    reasons: dict[str, str] = Field(
        description="A sentence by field, by an empty name of the whole row:"
        " what is wrong; of a duplicate what it has in common with whom; of a"
        " row that is taken in what was left out or guessed; of one that is not undone why it stays.",
        examples=[{"birthday": "There is no such day."}],
    )
    cells: list[str] = Field(description="What the file has.", examples=[["Laura", "Hartley", ""]])


class RowPage(Answer):
    """Some rows in order."""

    rows: list[RowAnswer] = Field(description="The rows.")
    next_page: int | None = Field(
        description="To be sent as `page` for what follows; none at the end.", examples=[117]
    )


class FieldAnswer(Answer):
    """What a column may be."""

    name: str = Field(description="Its name in a mapping.", examples=["address.city"])
    description: str = Field(description="What it is.", examples=["City of the address."])


class FieldList(Answer):
    """All that columns may be."""

    fields: list[FieldAnswer] = Field(description="The fields of a kind of record.")
