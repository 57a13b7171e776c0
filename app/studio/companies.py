"""Companies: the settings of the business a phone works by; one record, whose id is the account's."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from app.accounts.features import Feature
from app.accounts.models import Edition
from app.core.principal import Level
from app.studio.weekdays import OpeningHours, Weekday
from app.sync.fields import Element, Id, Line, Link, Minutes, Name, field
from app.sync.registry import Record, collection


class ConflictPolicy(StrEnum):
    """What happens when a person is booked twice at one time."""

    NEVER = "never"
    PROMPT = "prompt"
    ALWAYS = "always"


class NameOrder(StrEnum):
    """Which of a client's names comes first."""

    LAST_FIRST = "last_first"
    FIRST_LAST = "first_last"


class ClientNumberMoment(StrEnum):
    """When a client is given a number and ceases to be a prospect."""

    CREATION = "creation"
    FIRST_SESSION = "first_session"
    FIRST_INVOICE = "first_invoice"
    STATUS = "status"
    NEVER = "never"


class DuplicateCheck(StrEnum):
    """What two clients may have in common to be taken for one."""

    LAST_NAME_AND_CITY = "last_name_and_city"
    PHONE = "phone"
    FIRST_AND_LAST_NAME = "first_and_last_name"
    ADDRESS_AND_CITY = "address_and_city"
    EMAIL = "email"


class CardProcessor(StrEnum):
    """Who charges cards for the company."""

    TSYS = "tsys"
    EWAY = "eway"
    GLOBAL_PAYMENTS = "global_payments"
    STUDIOPLUS_PAYMENTS = "studioplus_payments"


class RuleLevel(StrEnum):
    """How firmly a field is asked for when a record is saved."""

    PROMPT = "prompt"
    REQUIRED = "required"


class Terminology(Element):
    """The company's own words for things, in the singular."""

    session: Name = field("What a session is called.", example="Session", default="Session")
    employee: Name = field("What a member of staff is called.", example="Employee", default="Employee")
    resource: Name = field("What a resource is called.", example="Resource", default="Resource")


class CustomLabel(Element):
    """The company's name for a custom field; one without a label is not shown."""

    id: Id = field("The id of this label.", example="9a3e1f8c-1c55-4f65-8e0a-6f3c1a190001")
    collection: Name = field("The collection the field belongs to.", example="clients")
    custom_field: Name = field("The field inside `custom`.", example="text_1")
    label: Name = field("What the screen shows.", example="Favourite colour")


class ValidationRule(Element):
    """A field that must, or should, be filled when a record is saved."""

    id: Id = field("The id of this rule.", example="9a3e1f8c-1c55-4f65-8e0a-6f3c1a190002")
    collection: Name = field("The collection the field belongs to.", example="clients")
    record_field: Name = field("The field.", example="email")
    level: RuleLevel = field("Whether a missing value is pointed out or refused.", example="prompt")


_SETTINGS = Feature(
    "companies",
    "Company settings",
    "How the business works: hours, numbers, checks and words of its own. Everybody reads them.",
    Level.VIEW_ONLY,
    Level.VIEW_ONLY,
    is_guarded=True,
)


@collection("companies", number=190, is_writable=False, is_kept_by_server=True, set_by=_SETTINGS)
class Company(Record):
    """The settings of the business; one record, whose id is the account's."""

    company_name: Name = field(
        "The name of the business, fixed at registration.",
        example="Harbor Light Portraits",
        is_read_only=True,
    )
    edition: Edition = field("The edition the account has.", example="professional", is_read_only=True)
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = field(
        "ISO code of the country.", example="US", is_read_only=True
    )
    locale: Line = field("Language and region of dates and amounts.", example="en-US", default="en-US")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = field(
        "ISO code of the currency of every amount.", example="USD", is_read_only=True
    )
    time_zone: Line = field(
        "IANA name of the zone of every booking of a studio without one of its own.",
        example="America/New_York",
        is_read_only=True,
    )
    opening_hours: list[OpeningHours] = field(
        "When the business is open; bookings outside are allowed and shown in another colour.",
        example=[
            {
                "id": "4f5a7c0e-9f0b-4d0c-8a53-2a3c5f1e7b10",
                "weekday": "monday",
                "opens": "09:00:00",
                "closes": "17:00:00",
            }
        ],
        default=[],
    )
    work_week: list[Weekday] = field(
        "The business days, by which the due dates of most statuses are counted.",
        example=["monday", "tuesday", "wednesday", "thursday", "friday"],
        default=[],
    )
    first_weekday: Weekday = field("The day a week begins with.", example="sunday", default=Weekday.SUNDAY)
    slot_minutes: Minutes = field("The calendar's time segment.", example=15, default=15)
    conflict_policy: ConflictPolicy = field(
        "Whether a person may be booked twice at one time.", example="prompt", default=ConflictPolicy.PROMPT
    )
    name_order: NameOrder = field(
        "Which of a client's names is shown first.", example="last_first", default=NameOrder.LAST_FIRST
    )
    client_number_moment: ClientNumberMoment = field(
        "When a client is given a number.", example="first_session", default=ClientNumberMoment.FIRST_SESSION
    )
    client_number_status_id: Annotated[Id | None, Link("client_statuses")] = field(
        "The status that gives a number, where a status does.", example=None, default=None
    )
    duplicate_checks: list[DuplicateCheck] = field(
        "What a new client is compared by.", example=["email", "phone"], default=[]
    )
    is_lead_source_limited: bool = field(
        "A lead source must come from the list.", example=False, default=False
    )
    is_appointment_type_limited: bool = field(
        "An appointment type must come from the list.", example=False, default=False
    )
    has_session_statuses_by_type: bool = field(
        "Each session type has a workflow of its own.", example=False, default=False
    )
    has_invoice_statuses: bool = field("Invoices have a workflow.", example=True, default=True)
    is_session_date_blank: bool = field("A new session starts without a date.", example=False, default=False)
    is_booked_by_blank: bool = field("Whoever books must choose their name.", example=False, default=False)
    is_payment_confirmed: bool = field(
        "A password is asked for before a payment is made, changed or deleted.", example=False, default=False
    )
    card_processor: CardProcessor | None = field(
        "Who charges cards; none when cards are not charged.", example="tsys", default=None
    )
    is_card_reader_enabled: bool = field(
        "Phones may charge cards with a reader.", example=False, default=False
    )
    has_galleries: bool = field("Online galleries are switched on.", example=True, default=False)
    is_expired_gallery_hidden: bool = field(
        "A gallery closes when its web expire date is reached, before it is taken down.",
        example=False,
        default=False,
    )
    terminology: Terminology | None = field(
        "The company's own words; none for the usual ones.",
        example={"session": "Session", "employee": "Employee", "resource": "Camera room"},
        default=None,
    )
    custom_labels: list[CustomLabel] = field(
        "The names of the custom fields in use.",
        example=[
            {
                "id": "9a3e1f8c-1c55-4f65-8e0a-6f3c1a190001",
                "collection": "clients",
                "custom_field": "text_1",
                "label": "Favourite colour",
            }
        ],
        default=[],
    )
    validation_rules: list[ValidationRule] = field(
        "Which fields are asked for when a record is saved.",
        example=[
            {
                "id": "9a3e1f8c-1c55-4f65-8e0a-6f3c1a190002",
                "collection": "clients",
                "record_field": "email",
                "level": "prompt",
            }
        ],
        default=[],
    )
