"""Organizations: schools, companies and clubs whose members are photographed."""

from enum import StrEnum
from typing import Annotated

from pydantic import model_validator

from app.studio.addresses import ADDRESS, Address
from app.studio.custom_fields import OrganizationCustom
from app.studio.trimming import usual
from app.sync.fields import Count, Day, EmailAddress, Id, Line, Link, Name, Paragraphs, Part, field
from app.sync.registry import Record, collection


class OrganizationKind(StrEnum):
    """What an organization is."""

    SCHOOL = "school"
    COMPANY = "company"
    TEAM = "team"
    CLUB = "club"
    OTHER = "other"


@collection("organizations", number=300, rule=usual, is_writable=False)
class Organization(Record):
    """A school, company or club, with its contact, its deadlines and what its yearbook asks for."""

    name: Name = field("What it is called.", example="Lincoln High School")
    organization_kind: OrganizationKind = field(
        "What it is.", example="school", default=OrganizationKind.SCHOOL
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio that serves it; none when there is only one.", example=None, default=None
    )
    address: Address | None = field("Where it is.", example=ADDRESS, default=None)
    phone: Line | None = field("Its telephone number.", example="(518) 555-0160", default=None)
    email: EmailAddress | None = field("Its email address.", example="office@lincoln.example", default=None)
    web_address: Line | None = field("Its web page.", example="https://lincoln.example", default=None)
    contact_name: Line | None = field("Whom to ask.", example="Dana Whitfield", default=None)
    contact_title: Line | None = field("The contact's position.", example="Yearbook adviser", default=None)
    contact_phone: Line | None = field("The contact's telephone.", example="(518) 555-0161", default=None)
    contact_email: EmailAddress | None = field(
        "The contact's email address.", example="dana@lincoln.example", default=None
    )
    enrolment: Count | None = field("How many students or members it has.", example=820, default=None)
    graduating_class: Count | None = field("How many graduate this year.", example=205, default=None)
    photography_start: Day | None = field(
        "First day members may be photographed.", example="2026-08-01", default=None
    )
    photography_deadline: Day | None = field(
        "Last day members may be photographed.", example="2026-10-31", default=None
    )
    yearbook_deadline: Day | None = field(
        "When the yearbook images must be delivered.", example="2026-11-15", default=None
    )
    yearbook_image_dpi: Count | None = field("Resolution it asks for.", example=300, default=None)
    yearbook_image_height: Count | None = field("Height in pixels it asks for.", example=900, default=None)
    yearbook_naming: Line | None = field(
        "How image files are to be named.", example="[[StudentId]]_[[ClientLastName]]", default=None
    )
    yearbook_template: Line | None = field(
        "The crop it asks for.", example="Head and shoulders", default=None
    )
    is_secondary_image_required: bool = field(
        "A second yearbook image must be chosen too.", example=False, default=False
    )
    is_inactive: bool = field("No longer offered.", example=False, default=False)
    notes: Paragraphs | None = field(
        "Anything else to know.", example="Ask for the side door.", default=None, part=Part.NOTES
    )
    custom: OrganizationCustom | None = field(
        "The company's own fields.", example={"text_1": "District 4"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Organization":
        start, end = self.photography_start, self.photography_deadline
        if start and end and end < start:
            raise ValueError("The photography deadline is before its start.")
        return self
