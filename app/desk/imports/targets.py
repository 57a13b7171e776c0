"""What a column may be, and what the columns of well-known programs are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.studio.custom_fields import ClientCustom

PHONES = 4
FAMILY = 4


class Kind(StrEnum):
    """What the records of an import are."""

    CLIENTS = "clients"
    APPOINTMENTS = "appointments"


@dataclass(frozen=True, slots=True)
class Target:
    """Something a column may be: the name by which a mapping says so, and how files head such a column."""

    name: str
    description: str
    headings: tuple[str, ...] = ()


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", heading.casefold().replace("#", " number ")).split())


def _address(name: str, what: str, *before: str) -> list[Target]:
    def headed(*words: str) -> tuple[str, ...]:
        return tuple(f"{each} {word}".strip() for each in before for word in words)

    return [
        Target(
            f"{name}.line_1",
            f"Street and number of {what}.",
            headed(
                *("street", "street 1", "street address", "line 1"),
                *("address", "address 1", "address line 1"),
            ),
        ),
        Target(
            f"{name}.line_2",
            f"Flat, suite or building of {what}.",
            headed("street 2", "address 2", "address line 2", "line 2", "extended address"),
        ),
        Target(f"{name}.city", f"City of {what}.", headed("city", "town")),
        Target(
            f"{name}.region",
            f"State or county of {what}.",
            headed("state", "region", "province", "county", "state province"),
        ),
        Target(
            f"{name}.postal_code",
            f"ZIP or postal code of {what}.",
            headed("postal code", "zip", "zip code", "zip postal code", "postcode"),
        ),
        Target(f"{name}.country", f"Country of {what}.", headed("country", "country region")),
    ]


def _phones() -> list[Target]:
    kinds = {
        "mobile": ("mobile phone", "mobile", "cell", "cell phone", "mobile number", "cell number"),
        "home": ("home phone", "home", "phone home", "home number"),
        "work": ("business phone", "work phone", "work", "office phone", "company main phone", "phone work"),
        "other": (
            *("other phone", "primary phone", "phone", "phones", "telephone", "phone number", "tel"),
            *("alternate phone", "alt phone", "contact number"),
        ),
    }
    named = [
        Target(f"phone_{kind}", f"Telephone number with the label {kind.title()}.", headings)
        for kind, headings in kinds.items()
    ]
    for place in range(1, PHONES + 1):
        named += [
            Target(f"phone_{place}", f"Telephone number {place}.", (f"phone {place} value",)),
            Target(
                f"phone_{place}_label",
                f"What telephone number {place} is called.",
                (f"phone {place} label", f"phone {place} type"),
            ),
        ]
    return named


def _family() -> list[Target]:
    named = [
        Target(
            "spouse",
            "Name of the client's spouse.",
            ("spouse", "spouse name", "spouse first name", "partner", "partner name", "husband", "wife"),
        ),
        Target(
            "children", "First names of children, apart by commas.", ("children", "kids", "children names")
        ),
    ]
    for place in range(1, FAMILY + 1):
        called = [f"{word} {place}" for word in ("child", "family member", "family")]
        named += [
            Target(
                f"family_{place}",
                f"Name of family member {place}; the last name may be left out where it is the client's.",
                tuple(f"{each}{name}" for each in called for name in ("", " name", " first name")),
            ),
            Target(
                f"family_{place}_relationship",
                f"What family member {place} is to the client.",
                tuple(f"{each} relationship" for each in called),
            ),
            Target(
                f"family_{place}_birthday",
                f"Date of birth of family member {place}.",
                tuple(f"{each} {name}" for each in called for name in ("birthday", "dob", "date of birth")),
            ),
        ]
    return named


_CLIENTS = [
    Target("first_name", "First name.", ("first name", "given name", "firstname", "forename", "first")),
    Target("last_name", "Last name.", ("last name", "family name", "surname", "lastname", "last")),
    Target(
        "full_name",
        "First and last name in one; the last word, or what stands before a comma, is the last name.",
        ("name", "full name", "client name", "client", "customer", "customer name", "display name"),
    ),
    Target("salutation", "Form of address.", ("title", "salutation", "name prefix", "prefix")),
    Target("job_title", "Position.", ("job title", "organization title", "organization 1 title", "position")),
    Target(
        "company_name",
        "The client's company.",
        (
            *("company", "company name", "organization", "organization name", "organization 1 name"),
            *("business", "business name"),
        ),
    ),
    Target("client_type", "`consumer` or `business`.", ("client type",)),
    Target(
        "client_number",
        "The client's number.",
        (
            *("client number", "client no", "client id", "account number"),
            *("customer number", "customer no", "customer id"),
        ),
    ),
    Target(
        "student_id", "The number a school knows the student by.", ("student id", "student number", "student")
    ),
    Target("graduation_year", "The year a student graduates.", ("graduation year", "class of")),
    Target(
        "email",
        "Primary email address; of several in one cell the first.",
        ("email", "e mail", "email address", "e mail address", "e mail 1 value", "email 1", "primary email"),
    ),
    *_phones(),
    *_address("address", "the address", "", "home", "home address", "address 1", "physical"),
    *_address(
        "mailing_address",
        "the postal address",
        *("mailing", "mailing address", "billing", "billing address", "shipping", "other", "address 2"),
    ),
    Target("birthday", "Date of birth.", ("birthday", "date of birth", "dob", "birth date", "birthdate")),
    Target("anniversary", "Wedding anniversary.", ("anniversary", "wedding anniversary")),
    Target("status", "A status by its name on the list.", ("status", "client status", "status description")),
    Target(
        "lead_source",
        "How the client came to hear of the studio: a name on the list, or free words.",
        (
            *("lead source", "lead source description", "referral source", "source"),
            *("how did you hear", "how did you hear about us"),
        ),
    ),
    Target(
        "groups",
        "Groups by their names on the list, apart by commas or semicolons.",
        ("groups", "group", "client groups", "client group", "group ids"),
    ),
    Target("call_warning", "Shown wherever a call would start.", ("call warning",)),
    *_family(),
    *(
        Target(f"custom.{name}", told.description or name, () if "notes" in name else (_plain(name),))
        for name, told in ClientCustom.model_fields.items()
    ),
    Target(
        "notes",
        "Anything to know; of several columns one below the other, each under its heading.",
        ("notes", "note", "comments", "comment", "remarks", "memo"),
    ),
]
_APPOINTMENTS = [
    Target(
        "description", "What the calendar shows.", ("description", "subject", "summary", "title", "event")
    ),
    Target("date", "Local date.", ("date", "start date", "day", "appointment date")),
    Target("start_time", "Local start; none for the whole day.", ("start time", "start", "time", "from")),
    Target("end_time", "Local end.", ("end time", "end", "to", "until")),
    Target(
        "appointment_type",
        "The kind: a name on the list, or free words.",
        ("appointment type", "type", "category", "categories"),
    ),
    Target("location_other", "The place.", ("location", "place", "where")),
    Target(
        "users",
        "On whose calendars it is, apart by commas or semicolons: initials, names or email addresses of who"
        " works here; on the importer's where nobody is named.",
        ("user", "staff", "staff member", "employee", "photographer", "assigned to"),
    ),
    Target(
        "client_email",
        "Whom it is for, by their email address; nobody is named where none or several clients have it.",
        ("client email", "attendee", "email", "e mail"),
    ),
    Target("client_number", "Whom it is for, by their number.", ("client number", "client no", "client id")),
    Target("is_cancelled", "It will not take place: `yes` or `no`.", ("cancelled", "canceled")),
    Target("notes", "Anything to know.", ("notes", "note", "comments", "details")),
    Target("uid", "What the event is known by where it comes from: it is never made twice.", ("uid",)),
    Target("series", "The same text in all that belong to one series.", ("series",)),
]
TARGETS: Mapping[Kind, Sequence[Target]] = {Kind.CLIENTS: _CLIENTS, Kind.APPOINTMENTS: _APPOINTMENTS}
MANY = {"notes", "children", "phone_mobile", "phone_home", "phone_work", "phone_other"}
"""What several columns may be together."""
DATES = {
    each.name
    for some in TARGETS.values()
    for each in some
    if re.search("birthday|anniversary|date", each.name)
}
_SECOND = {each.name: f"mailing_{each.name}" for each in _CLIENTS if each.name.startswith("address.")}
"""What columns are that are headed as some before: our own hubs have two addresses, as many programs have."""
_COUNTED = re.compile(r" \d$")
_NAMELESS = re.compile(r"Column \d+")


def names_of(kind: Kind) -> set[str]:
    """Return what columns of a kind may be."""
    return {each.name for each in TARGETS[kind]}


def suggested(kind: Kind, columns: Iterable[str]) -> list[str | None]:
    """Return what columns are likely to be, by their headings; most fields once."""
    known = {heading: each.name for each in reversed(TARGETS[kind]) for heading in each.headings}
    known |= {_plain(each.name): each.name for each in TARGETS[kind]}
    found: list[str | None] = []
    for column in columns:
        heading = _plain(column)
        name = known.get(heading) or _one_of_many(known.get(_COUNTED.sub("", heading)))
        if name in found and name in _SECOND:
            name = _SECOND[name]
        found.append(None if name in found and name not in MANY else name)
    # A name in parts is told by these: beside them a whole one is not read.
    is_in_parts = "first_name" in found or "last_name" in found
    return [None if is_in_parts and name == "full_name" else name for name in found]


def _one_of_many(name: str | None) -> str | None:
    return name if name in MANY else None


def is_headed(kind: Kind, column: str, name: str) -> bool:
    """Say whether the heading of a column tells no more than that it is a field."""
    heading = _COUNTED.sub("", _plain(column))
    words = next((name, *each.headings) for each in TARGETS[kind] if each.name == name)
    return heading in words or _NAMELESS.fullmatch(column) is not None
