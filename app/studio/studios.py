"""Studios: the locations an enterprise account works from; every other account has none or one."""

from uuid import UUID

from app.core.db import Session
from app.studio.addresses import ADDRESS, Address
from app.studio.numbering import Number
from app.sync.facts import SITES, fact
from app.sync.fields import EmailAddress, Line, Name, field
from app.sync.registry import Record, collection


@fact(SITES, of="studios")
async def all_studios(session: Session) -> list[UUID]:
    """Return all studios of the account, in use or not."""
    rows = await session.raw.fetch("SELECT id FROM studios WHERE account_id = $1", session.account_id)
    return [row["id"] for row in rows]


@collection("studios", number=100, is_writable=False)
class Studio(Record):
    """A location of the business; a phone bound to one goes without what is of another."""

    studio_number: Number = field("The number the enterprise knows it by.", example=1, is_unique=True)
    name: Name = field("What it is called.", example="Riverside Studio")
    address: Address | None = field("Where it is.", example=ADDRESS, default=None)
    phone: Line | None = field("Its telephone number.", example="(518) 555-0100", default=None)
    email: EmailAddress | None = field("Its email address.", example="hello@studio.example", default=None)
    time_zone: Line | None = field(
        "IANA name of the zone its bookings are in; none for the company's.",
        example="America/New_York",
        default=None,
    )
    is_inactive: bool = field("No longer in use.", example=False, default=False)
