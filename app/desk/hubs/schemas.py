"""What a hub is asked, and what it answers."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from app.desk.hubs.filters import Filter, Operator
from app.http.schemas import Answer, Wire
from app.sync.fields import Name
from app.sync.schemas import Outcome, WarningAnswer
from app.sync.tables import Kind

MOST = 500
"""How many records a page has at most, and are moved on at once."""
MOST_COLUMNS = 60
MOST_GROUPS = 1_000
USUAL = 100

_SOME_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_COLUMNS = ["session_number", "date", "client.last_name", "web_expire_date"]
_SORT = "-web_expire_date"
_FILTER = {"field": "web_expire_date", "is": "less", "value": {"relative": "today"}}

Path = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Asked(Wire):
    """Which records of a hub are wanted, and what of them."""

    columns: list[Path] | None = Field(
        None,
        min_length=1,
        max_length=MOST_COLUMNS,
        description="The paths of fields to show, none for the hub's own.",
        examples=[_COLUMNS],
    )
    sort: Path | None = Field(
        None,
        description="The path of the field to list by, with a minus before it from the last to the first;"
        " none for the hub's own. What has no value comes last either way.",
        examples=[_SORT],
    )
    search: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None,
        description="Words, each of which one of the hub's keys must have in it.",
        examples=["doe"],
    )
    filter: Filter | None = Field(None, description="What the records must meet.", examples=[_FILTER])
    filter_id: UUID | None = Field(
        None, description="A saved filter that they must meet too.", examples=[None]
    )


class PageRequest(Asked):
    """A page of a hub."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="The most records in the page.", examples=[USUAL])
    page: Annotated[str, StringConstraints(max_length=4_000)] | None = Field(
        None, description="The `next_page` of the page before; none for the first one.", examples=[None]
    )


class CountsRequest(Asked):
    """How many records of a hub there are, by the values of a field."""

    group: Path | None = Field(
        None,
        description="The path of the field to count by; none to count all together.",
        examples=["gallery_state"],
    )


class Format(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportRequest(Asked):
    """A hub as a table."""

    format: Format = Field(Format.CSV, description="What to write.", examples=["csv"])


class AdvanceRequest(Wire):
    """Records that are to move along their workflow."""

    ids: list[UUID] = Field(
        min_length=1, max_length=MOST, description="The records, each once.", examples=[[_SOME_ID]]
    )
    status_id: UUID | None = Field(
        None,
        description="The status to move to; none for the next one of each record's list.",
        examples=[None],
    )

    @field_validator("ids")
    @classmethod
    def _each_once(cls, ids: list[UUID]) -> list[UUID]:
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("given_twice", "A record is named twice.")
        return ids


class AdvanceAnswer(Answer):
    """What became of one record."""

    id: UUID = Field(description="The record.", examples=[_SOME_ID])
    outcome: Outcome = Field(description="What became of it, as in a verdict.", examples=["applied"])
    code: str | None = Field(description="Why it is not as asked; none when it is.", examples=[None])
    message: str | None = Field(description="The same in a sentence.", examples=[None])
    reasons: dict[str, str] = Field(
        description="A sentence by field.", examples=[{"status_id": "There is no further status."}]
    )
    status_id: UUID | None = Field(
        description="The status it has now; none where it may not be seen or has none.", examples=[_SOME_ID]
    )
    warnings: list[WarningAnswer] = Field(description="What to know although it was taken in.")


class AdvancedAnswer(Answer):
    """What became of each record."""

    records: list[AdvanceAnswer] = Field(description="One answer for each, in the order they were asked.")


class HubAnswer(Answer):
    """A hub."""

    name: str = Field(description="What it is called in addresses.", examples=["sessions"])
    collection: str = Field(description="Whose records it lists.", examples=["sessions"])
    columns: list[str] = Field(description="What it shows unless others are asked for.", examples=[_COLUMNS])
    sort: str = Field(description="What it lists by unless another is asked for.", examples=["-date"])
    keys: list[str] = Field(description="What `search` looks in.", examples=[["client.last_name"]])
    has_status: bool = Field(description="Its records can be moved along a workflow.", examples=[True])


class HubList(Answer):
    """The hubs whose records the user may view."""

    hubs: list[HubAnswer] = Field(description="The hubs.")


class HubPage(Answer):
    """Some records of a hub, in order."""

    rows: list[dict[str, Any]] = Field(
        description="Each record's `id`, and its columns by their paths.",
        examples=[[{"id": _SOME_ID, "web_expire_date": "2026-08-01", "client.last_name": "Doe"}]],
    )
    next_page: str | None = Field(
        description="To be sent as `page` with the same query for what follows; none at the end.",
        examples=["WyI5ZjFj…"],
    )


class CountAnswer(Answer):
    """How many records have a value."""

    value: Any = Field(description="The value; null for those without one.", examples=["online"])
    count: int = Field(description="How many have it.", examples=[12])


class HubCounts(Answer):
    """How many records there are."""

    total: int = Field(description="All together, of the groups that are told.", examples=[12])
    groups: list[CountAnswer] = Field(description="By value, in order; empty where none is counted by.")
    has_more: bool = Field(
        description=f"There are more than {MOST_GROUPS:,} values, and the others are left out.",
        examples=[False],
    )


class HubFieldAnswer(Answer):
    """A field that a hub, its filters, letters and tables may name."""

    path: str = Field(description="How it is asked for.", examples=["client.last_name"])
    kind: Kind = Field(description="What it holds, in the words of the manifest.", examples=["text"])
    label: str = Field(description="What a column of it is headed by.", examples=["Client: Last name"])
    custom_label: str | None = Field(
        description="The company's own label, where it has one.", examples=[None]
    )
    description: str = Field(description="What it is.", examples=["Last name."])
    example: Any = Field(description="A value it may have.", examples=["Hartley"])
    choices: list[str] = Field(
        description="All values it may have, where those are few.", examples=[["offline", "online"]]
    )
    operators: list[Operator] = Field(
        description="How a filter may test it.", examples=[["equals", "contains"]]
    )
    origin: str = Field(description="The collection it is a field of.", examples=["clients"])
    through: list[str] = Field(
        description="The links on the way to it, by their fields.", examples=[["client_id"]]
    )
    leads_to: str | None = Field(
        description="The collection whose records it names, if it does.", examples=[None]
    )
    is_sortable: bool = Field(description="Hubs may list by it.", examples=[True])
    is_groupable: bool = Field(description="Hubs may count by it.", examples=[True])
    is_amount: bool = Field(
        description="It holds minor units of the company's currency, such as cents.", examples=[False]
    )
    is_mergeable: bool = Field(description="Letters may have it in their text.", examples=[True])


class HubFieldList(Answer):
    """The fields of a hub that the user may view."""

    fields: list[HubFieldAnswer] = Field(description="The fields, the record's own first.")


class FilterRequest(Wire):
    """A filter to be saved."""

    name: Name = Field(description="What it is called.", examples=["Expiring galleries"])
    is_shared: bool = Field(False, description="All who may use the hub may use it.", examples=[True])
    filter: Filter = Field(description="The filter.", examples=[_FILTER])


class FilterChange(Wire):
    """What is to be changed of a saved filter; what is not sent stays."""

    name: Name | None = Field(None, description="What it is called.", examples=["Expiring galleries"])
    is_shared: bool | None = Field(None, description="All may use it.", examples=[True])
    filter: Filter | None = Field(None, description="The filter.", examples=[_FILTER])


class SavedAnswer(Answer):
    """Something that was saved in a hub."""

    id: UUID = Field(description="Its id.", examples=[_SOME_ID])
    version: int = Field(description="Counts its changes; sent as `If-Match`.", examples=[1])
    name: str = Field(description="What it is called.", examples=["Expiring galleries"])
    is_shared: bool = Field(description="All who may use the hub may use it.", examples=[True])
    is_shipped: bool = Field(description="It comes with the product, and is not changed.", examples=[False])
    owner_id: UUID | None = Field(
        description="The user who saved it; none of what is shipped.", examples=[_SOME_ID]
    )


class FilterAnswer(SavedAnswer):
    """A saved filter."""

    filter: dict[str, Any] = Field(description="The filter, as it was sent.", examples=[_FILTER])


class FilterList(Answer):
    """The filters of a hub that the user may use."""

    filters: list[FilterAnswer] = Field(description="Those that are shipped, then the others by name.")


class Layout(Wire):
    """How a hub is shown."""

    columns: list[Path] = Field(
        min_length=1,
        max_length=MOST_COLUMNS,
        description="The paths of fields to show, from left to right.",
        examples=[_COLUMNS],
    )
    sort: Path | None = Field(
        None, description="What to list by, as in a query; none for the hub's own.", examples=[_SORT]
    )
    group: Path | None = Field(None, description="What to count by, if anything.", examples=[None])


class LayoutRequest(Wire):
    """A layout to be saved."""

    name: Name = Field(description="What it is called.", examples=["Galleries"])
    is_shared: bool = Field(False, description="All who may use the hub may use it.", examples=[False])
    layout: Layout = Field(description="The layout.")


class LayoutChange(Wire):
    """What is to be changed of a saved layout; what is not sent stays."""

    name: Name | None = Field(None, description="What it is called.", examples=["Galleries"])
    is_shared: bool | None = Field(None, description="All may use it.", examples=[False])
    layout: Layout | None = Field(None, description="The layout.")


class LayoutTold(Answer):
    """How a hub is shown: what the user may view of what was saved."""

    columns: list[str] = Field(description="The paths of fields to show.", examples=[_COLUMNS])
    sort: str | None = Field(description="What to list by; none for the hub's own.", examples=[_SORT])
    group: str | None = Field(description="What to count by, if anything.", examples=[None])


class LayoutAnswer(SavedAnswer):
    """A saved layout."""

    layout: LayoutTold = Field(description="The layout.")


class LayoutList(Answer):
    """The layouts of a hub that the user may use."""

    layouts: list[LayoutAnswer] = Field(description="The layouts, by name.")
