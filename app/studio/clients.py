"""Clients: the people and businesses a studio photographs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from app.accounts.features import Feature
from app.studio.addresses import ADDRESS, Address
from app.studio.custom_fields import ClientCustom
from app.studio.numbering import Number
from app.studio.preferences import ClientsScope
from app.studio.saved_cards import SavedCard
from app.studio.trimming import PROSPECT, months_ago, preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import (
    Day,
    Element,
    EmailAddress,
    Id,
    Line,
    Link,
    Money,
    Name,
    OnDelete,
    Paragraphs,
    Part,
    Values,
    field,
)
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class ClientType(StrEnum):
    """Whether a client is a person or a business."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Phone(Element):
    """One of a client's telephone numbers; its label is kept as a word, so that no old label dangles."""

    id: Id = field("The id of this number.", example="7d9f9d5e-52a5-4a0e-8a35-6f3c1a400001")
    label: Line = field("What it is called, a word from the phone labels.", example="Mobile")
    number: Name = field("The number as it is dialled.", example="(518) 555-0123")
    is_sms_enabled: bool = field("Text messages may be sent to it.", example=True, default=False)


class FamilyMember(Element):
    """A member of the client's family, who may take part in sessions."""

    id: Id = field("The id of this person.", example="7d9f9d5e-52a5-4a0e-8a35-6f3c1a400002")
    first_name: Name = field("First name.", example="Emma")
    last_name: Line | None = field("Last name; none for the client's.", example="Hartley", default=None)
    relationship: Line | None = field(
        "A word from the list of relationships.", example="Daughter", default=None
    )
    birthday: Day | None = field("Date of birth.", example="2014-03-09", default=None)


CLIENT_NOTES = Feature("client_notes", "Client notes", "The notes on clients, and their history.")


def _kinds(values: Values) -> list[str]:
    return [PROSPECT] if values["client_number"] is None else []


def _belonging(given: Circumstances) -> Rule:
    """Say which clients belong by themselves; a child's client always does."""
    wanted = preferences_of(given)
    prospects = () if wanted.include_prospects else given.numbers_of([PROSPECT])
    excluded = (*given.numbers_of(wanted.clients_exclude_status_ids), *prospects)
    if wanted.clients_scope is ClientsScope.GROUPS:
        return rule(given, required=given.numbers_of(wanted.clients_group_ids), excluded=excluded)
    if wanted.clients_scope is ClientsScope.ACTIVITY and wanted.clients_activity_months:
        since = months_ago(given.today, wanted.clients_activity_months)
        return rule(given, lo=since, by_activity=True, excluded=excluded)
    return rule(given, excluded=excluded)


@collection(
    "clients",
    number=400,
    stamp=Stamp(
        day="created_at", site="studio_id", labels=("group_ids", "status_id"), also=_kinds, names=(PROSPECT,)
    ),
    rule=_belonging,
    part_features={Part.NOTES: CLIENT_NOTES},
)
class Client(Record):
    """A person or business the studio works for; one without a number is a prospect."""

    client_number: Number | None = field(
        "Given by the server when the company's rule says so, or typed; none for a prospect.",
        example=1042,
        default=None,
        is_unique=True,
    )
    client_type: ClientType = field(
        "A person or a business.", example="consumer", default=ClientType.CONSUMER
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio the client belongs to; none when there is only one.", example=None, default=None
    )
    salutation: Line | None = field("Form of address, from the list or typed.", example="Ms.", default=None)
    first_name: Line | None = field("First name.", example="Laura", default=None)
    last_name: Line | None = field("Last name.", example="Hartley", default=None)
    job_title: Line | None = field("Position.", example="Teacher", default=None)
    company_name: Line | None = field(
        "The client's company; when none, the organization's name is shown in its place.",
        example="Hartley & Sons",
        default=None,
    )
    organization_id: Annotated[Id | None, Link("organizations")] = field(
        "The school, company or club the client belongs to.", example=None, default=None
    )
    student_id: Line | None = field(
        "The number a school knows the student by.", example="S-20871", default=None
    )
    graduation_year: Annotated[int, Field(ge=1900, le=2200)] | None = field(
        "The year a student graduates.", example=2027, default=None
    )
    address: Address | None = field("Where the client lives.", example=ADDRESS, default=None)
    mailing_address: Address | None = field(
        "Where post goes, when not to the address.", example=ADDRESS, default=None
    )
    new_address: Address | None = field(
        "The address from `new_address_date` on, to be shown in place of `address` from then.",
        example=ADDRESS,
        default=None,
    )
    new_address_date: Day | None = field(
        "From when on the new address holds.", example="2026-09-01", default=None
    )
    email: EmailAddress | None = field(
        "Primary email address.", example="laura@hartley.example", default=None
    )
    phones: list[Phone] = field(
        "Telephone numbers, the usual one first.",
        example=[
            {
                "id": "7d9f9d5e-52a5-4a0e-8a35-6f3c1a400001",
                "label": "Mobile",
                "number": "(518) 555-0123",
                "is_sms_enabled": True,
            }
        ],
        default=[],
    )
    call_warning: Line | None = field(
        "Shown in red wherever a call would start.", example="Never before noon", default=None
    )
    family: list[FamilyMember] = field(
        "The members of the family.",
        example=[
            {
                "id": "7d9f9d5e-52a5-4a0e-8a35-6f3c1a400002",
                "first_name": "Emma",
                "last_name": None,
                "relationship": "Daughter",
                "birthday": "2014-03-09",
            }
        ],
        default=[],
    )
    status_id: Annotated[Id | None, Link("client_statuses")] = field(
        "How far the client has come with the studio.", example=None, default=None
    )
    status_due_date: Day | None = field(
        "When the status is due to change.", example="2026-12-01", default=None
    )
    status_reason: Line | None = field(
        "Why the client has that status, in the words of one of its reasons.",
        example="Moved away",
        default=None,
    )
    lead_source_id: Annotated[Id | None, Link("lead_sources")] = field(
        "How the client came to hear of the studio.", example=None, default=None
    )
    lead_source_other: Line | None = field(
        "The same in free words, where the company does not limit it to the list.",
        example="Met at the fair",
        default=None,
    )
    referred_by_id: Annotated[Id | None, Link("clients", on_delete=OnDelete.CLEAR)] = field(
        "The client who recommended the studio.", example=None, default=None
    )
    group_ids: Annotated[list[Id], Link("client_groups", on_delete=OnDelete.CLEAR)] = field(
        "The groups the client is in.", example=[], default=[]
    )
    birthday: Day | None = field("Date of birth.", example="1984-06-21", default=None)
    anniversary: Day | None = field("Wedding anniversary.", example="2010-05-15", default=None)
    balance: Money = field(
        "What the client owes: the sum of the balances of the invoices billed to the client.",
        example=12500,
        default=0,
        is_read_only=True,
    )
    unapplied_deposits: Money = field(
        "Deposits taken and not yet applied to an invoice.", example=5000, default=0, is_read_only=True
    )
    saved_cards: list[SavedCard] = field(
        "The cards on file, as far as they may be shown.",
        example=[
            {
                "id": "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001",
                "payment_method_id": None,
                "brand": "visa",
                "last_four": "4242",
                "expiry_month": 8,
                "expiry_year": 2028,
                "is_default": True,
                "is_inactive": False,
            }
        ],
        default=[],
        is_read_only=True,
    )
    notes: Paragraphs | None = field(
        "Anything to know about the client.",
        example="The twins are shy at first.",
        default=None,
        part=Part.NOTES,
    )
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-01 10:15 JD Status: Client",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: ClientCustom | None = field(
        "The company's own fields.",
        example={"text_1": "Blue", "general_date_1": "2026-05-01"},
        default=None,
        part=Part.CUSTOM,
    )

    @model_validator(mode="after")
    def _has_a_name(self) -> "Client":
        if not (self.first_name or self.last_name or self.company_name or self.organization_id):
            raise ValueError("A client needs a first name, a last name, a company or an organization.")
        return self

    @model_validator(mode="after")
    def _new_address_has_its_date(self) -> "Client":
        if self.new_address_date and not self.new_address:
            raise ValueError("The date of a new address needs the new address.")
        return self
