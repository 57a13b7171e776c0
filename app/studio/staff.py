"""Staff: the public fields of the account's users, kept in step by the server."""

from typing import Annotated

from app.accounts.models import UserList
from app.sync.fields import EmailAddress, Id, Line, Link, Name, field
from app.sync.registry import Record, collection


@collection("staff", number=210, is_writable=False, is_kept_by_server=True, is_open=True, is_audited=False)
class StaffMember(Record):
    """A person who works here; the id is the user's."""

    initials: Name = field("The initials the person signs in with.", example="JD")
    first_name: Line | None = field("First name.", example="Jo", default=None)
    last_name: Line | None = field("Last name.", example="Doyle", default=None)
    display_name: Name = field("The name lists and calendars show.", example="Jo Doyle")
    email: EmailAddress | None = field("Address at work.", example="jo@studio.example", default=None)
    lists: list[UserList] = field(
        "The drop-down lists the person appears on.", example=["photographer"], default=[]
    )
    department_ids: Annotated[list[Id], Link("departments")] = field(
        "The departments the person belongs to.", example=[], default=[]
    )
    is_shown_on_calendar: bool = field(
        "The person's schedule can be opened on the calendar.", example=True, default=True
    )
    is_inactive: bool = field(
        "No longer works here; old records keep the name.", example=False, default=False
    )
