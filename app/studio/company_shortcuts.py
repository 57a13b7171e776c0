"""Company shortcuts: web addresses and areas of the software that all have at hand, and what is a target."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema
from pydantic_core import Url

from app.studio.lists import ListEntry
from app.sync.fields import field
from app.sync.registry import collection


class Area(StrEnum):
    """An area of the software, by the name apps know it by."""

    CLIENTS = "clients"
    SESSIONS = "sessions"
    APPOINTMENTS = "appointments"
    SCHEDULE = "schedule"
    INVOICES = "invoices"
    PAYMENTS = "payments"
    CALLS = "calls"
    EMAILS = "emails"
    TEXTS = "texts"
    TASKS = "tasks"
    FINANCES = "finances"
    INBOX = "inbox"
    LISTS = "lists"
    COMPANY = "company"
    USERS = "users"
    DEVICES = "devices"
    PREFERENCES = "preferences"
    SECURITY = "security"
    AUDIT = "audit"


LONGEST = 2_000
"""The most characters of a target."""
AREAS = frozenset(each.value for each in Area)
# No name or password stands before the host, and nothing that browsers leave out or turn round is let in.
_ADDRESS = r"https?://[^\s\\/?#@\x00-\x1f\x7f]+([/?#][^\s\\\x00-\x1f\x7f]*)?"
_NOWHERE = "This is neither an area nor a web address with http:// or https://, without name and password."


def leading(target: str) -> str:
    """Return a target as it is, or raise `ValueError` for one that a shortcut may not lead to."""
    if target in AREAS:
        return target
    if not re.fullmatch(_ADDRESS, target):
        raise ValueError(_NOWHERE)
    try:
        Url(target)
    except ValueError:
        raise ValueError(_NOWHERE) from None
    return target


Target = Annotated[
    str,
    StringConstraints(max_length=LONGEST),
    AfterValidator(leading),
    WithJsonSchema(
        {"type": "string", "maxLength": LONGEST, "pattern": f"^({'|'.join(Area)}|{_ADDRESS})$"},
    ),
]
"""Where a shortcut leads to: a whole web address by http or https, or an area."""
Icon = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
"""The name of a picture."""
TARGET = f"A web address that begins with http:// or https://, or an area: {', '.join(Area)}."
ICON = "The picture apps show with it, by its name in small letters; none for the usual one."


@collection("company_shortcuts", number=160, is_writable=False)
class CompanyShortcut(ListEntry):
    """A shortcut that everybody has on the home page; those of a user are kept with the page."""

    target: Target = field(TARGET, example="https://lab.example/orders")
    icon: Icon | None = field(ICON, example="camera", default=None)
