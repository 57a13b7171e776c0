"""The words a collection is declared with: types of fields, links, and parts a phone may go without."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum, IntEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

Values = dict[str, Any]
"""The fields of a record, with its bookkeeping where it has any, each in JSON form."""


BOOKKEEPING = ("created_at", "created_by", "updated_at", "updated_by")
"""What the store keeps on every record beside its fields."""


class Part(IntEnum):
    """A part of a record that preferences may leave out; the number is its place among them."""

    NOTES = 1
    CUSTOM = 2
    CONTENT = 3
    PREVIEW = 4
    """What is sent of CONTENT when that is left out: long texts cut short. No field is declared in it."""


LATE_PARTS = 11
"""How many parts the feed has room for that later schema versions add to a collection."""

PREVIEW_LENGTH = 2_000
"""How many characters of a text a preview has."""


class OnDelete(Enum):
    """What a link has to say when the record it names is to be deleted."""

    REFUSE = "refuse"
    """It stays, for this one needs it."""
    CASCADE = "cascade"
    """This one goes with it."""
    CLEAR = "clear"
    """This one no longer names it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A field that names records of another collection, in this account and not deleted.

    The record it names may be a parent: then no device ever holds this record without it. Those inside
    elements always refuse.
    """

    collection: str
    is_parent: bool = False
    on_delete: OnDelete = OnDelete.REFUSE


@dataclass(frozen=True, slots=True)
class Amount:
    """Marks a whole number that counts minor units of the company's currency, such as cents."""


class Element(BaseModel):
    """Something kept inside a record, such as a client's phone: it travels and changes with the record."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("The instant lies before the year 1 or after the year 9999 in UTC.") from None


def _local(moment: time) -> time:
    if moment.tzinfo is not None:
        raise ValueError("A local time has no zone.")
    return moment


Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
"""A short text, at most 200 characters."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
"""A name that is not empty, at most 100 characters."""
Paragraphs = Annotated[str, StringConstraints(max_length=20_000)]
"""A long text, at most 20,000 characters."""
Document = Annotated[str, StringConstraints(max_length=200_000)]
"""A very long text such as the body of an email, at most 200,000 characters."""
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
"""A colour as `#rrggbb`."""
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
"""An email address; only its outline is checked."""
Money = Annotated[int, Field(ge=-(10**12), le=10**12), Amount()]
"""An amount in minor units of the company's currency, such as cents."""
Count = Annotated[int, Field(ge=0, le=10**6)]
"""A whole number from 0 to a million."""
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 31)]
"""A length of time in minutes."""
Id = UUID
Day = Annotated[date, Field(ge=date(1800, 1, 1), le=date(2999, 12, 31))]
"""A local date; those far outside of any studio's life are slips of a finger."""
TimeOfDay = Annotated[
    time,
    AfterValidator(_local),
    # JSON Schema's own format `time` demands a zone.
    WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$"}),
]
"""A local time of day; its zone is the booking's studio's."""
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An instant, kept in UTC."""


def field(
    description: str,
    *,
    example: Any,
    default: Any = ...,
    part: Part | None = None,
    is_read_only: bool = False,
    is_unique: bool = False,
    since: int = 1,
) -> Any:
    """Describe a field of a record.

    `example` is also the tests' sample. Without a `default` the field is required. A field in a `part` may be
    left out of what a phone gets; a read-only one is set by the server alone; no two records of an account
    share the value of a unique one; `since` is the schema version that introduced it. One introduced after
    its collection has a default, which is what the records that were there before have.
    """
    extra: dict[str, Any] = {"x-since": since}
    if part is not None:
        extra["x-part"] = part.name.lower()
    if is_read_only:
        extra["readOnly"] = True
    if is_unique:
        extra["x-unique"] = True
    if default.__class__ in (list, dict):
        made = default.__class__
        return Field(
            default_factory=made, description=description, examples=[example], json_schema_extra=extra
        )
    return Field(default, description=description, examples=[example], json_schema_extra=extra)
