"""Finance snapshots: how the business does today, this week, this month and this year, by studio."""

from typing import Annotated

from pydantic import Field

from app.accounts.features import Feature
from app.core.principal import Level
from app.studio.trimming import preferences_of, usual
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import Day, Element, Id, Instant, Link, OnDelete, field
from app.sync.registry import Record, collection
from app.sync.scope import Rule

MOST = 2**53 - 1
"""The largest number every phone can hold exactly."""
Sum = Annotated[int, Field(ge=-MOST, le=MOST)]
"""A sum of amounts in minor units of the company's currency."""
Many = Annotated[int, Field(ge=0, le=MOST)]
"""How many there are of something."""

_WHO_SEES = Feature(
    "finance_snapshots",
    "Finance snapshot",
    "What was sold and paid, what is owed, and how many sessions there were: figures of the whole business.",
    Level.NO_ACCESS,
    is_guarded=True,
)


class FinancePeriod(Element):
    """What came to pass in a day, or from the first day of a week, month or year up to the day."""

    first_day: Day = field("Its first day.", example="2026-05-04")
    last_day: Day = field("Its last day, which may lie ahead.", example="2026-05-10")
    sales: Sum = field(
        "The totals of invoices dated in it, estimates aside; credit memos subtract.", example=128400
    )
    sales_count: Many = field("How many invoices these are, credit memos aside.", example=3)
    average_sale: Sum | None = field(
        "Sales by their number, rounded half up; none where nothing was sold.", example=42800
    )
    payments: Sum = field("What was received: payments that were approved, by their date.", example=95000)
    refunds: Sum = field("What was given back, as a positive amount.", example=5000)
    sessions_held: Many = field(
        "Sessions dated in it up to the day, those cancelled or on hold aside.", example=4
    )
    sessions_booked: Many = field("The same with those still to come in it.", example=6)


def _period(first: str, last: str, **more: int) -> dict[str, object]:
    figures = {
        "sales": 128400,
        "sales_count": 3,
        "average_sale": 42800,
        "payments": 95000,
        "refunds": 5000,
        "sessions_held": 4,
        "sessions_booked": 6,
    }
    return {"first_day": first, "last_day": last, **figures, **more}


def _belonging(given: Circumstances) -> Rule | None:
    return usual(given) if preferences_of(given).finance_snapshot_enabled else None


@collection(
    "finance_snapshots",
    number=570,
    stamp=Stamp(site="studio_id"),
    rule=_belonging,
    is_writable=False,
    is_kept_by_server=True,
    seen_by=_WHO_SEES,
    is_audited=False,
)
class FinanceSnapshot(Record):
    """The figures of one studio, or of all that names none; kept by the server alone."""

    studio_id: Annotated[Id | None, Link("studios", on_delete=OnDelete.CASCADE)] = field(
        "Whose figures these are; none for what belongs to no studio, which is all where there are none.",
        example=None,
        default=None,
    )
    day: Day = field("The local day they are those of; `today` is this one.", example="2026-05-06")
    as_of: Instant = field("When one of them last changed.", example="2026-05-06T15:40:00Z")
    today: FinancePeriod = field(
        "The day itself.",
        example=_period(
            "2026-05-06", "2026-05-06", sales=42800, sales_count=1, sessions_held=2, sessions_booked=2
        ),
    )
    week: FinancePeriod = field(
        "The week, which begins as the company says.", example=_period("2026-05-03", "2026-05-09")
    )
    month: FinancePeriod = field(
        "The month.", example=_period("2026-05-01", "2026-05-31", sessions_booked=19)
    )
    year: FinancePeriod = field("The year.", example=_period("2026-01-01", "2026-12-31", sessions_held=88))
    open_balance: Sum = field(
        "What invoices are still owed, less what credit memos have yet to give back.", example=418000
    )
    overdue_balance: Sum = field("The part of it that was due before the day.", example=61500)
    pending_payments: Sum = field("Payments agreed for the future.", example=30000)
    unapplied_deposits: Sum = field("What was received and stands on no invoice yet.", example=15000)
