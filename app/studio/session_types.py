"""Session types: what studios photograph, and what a new session of each kind starts with."""

from typing import Annotated

from app.studio.lists import ListEntry
from app.sync.fields import Colour, Count, Id, Line, Link, Minutes, field
from app.sync.registry import collection


@collection("session_types", number=270, is_writable=False)
class SessionType(ListEntry):
    """A kind of session, such as a family portrait or a wedding."""

    length_minutes: Minutes | None = field("Usual length.", example=60, default=None)
    colour: Colour | None = field("Its colour on the calendar.", example="#CC9933", default=None)
    default_resource_id: Annotated[Id | None, Link("resources")] = field(
        "The resource the form of a new one begins with.", example=None, default=None
    )
    default_photographer_id: Annotated[Id | None, Link("staff")] = field(
        "Who photographs, as the form of a new one begins.", example=None, default=None
    )
    default_assistant_id: Annotated[Id | None, Link("staff")] = field(
        "Who assists, as the form of a new one begins.", example=None, default=None
    )
    price_list: Line | None = field("The price list it sells from.", example="Portraits", default=None)
    ledger_account: Line | None = field(
        "The ledger account its sales go to.", example="4010 Portrait sales", default=None
    )
    is_for_organizations: bool = field(
        "Held for a school or another organization; only these offer a yearbook choice.",
        example=False,
        default=False,
    )
    days_online: Count | None = field(
        "Days a gallery stays online from its upload; sets the web expire date.", example=30, default=None
    )
    is_bookable_online: bool = field("Clients may book it online.", example=False, default=False)
    is_delivered_digitally: bool = field(
        "Finished images may be downloaded from the gallery.", example=True, default=False
    )
