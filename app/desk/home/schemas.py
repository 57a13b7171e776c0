"""The home page as it goes over the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from app.desk.calendar.schemas import Conflict, Entry, SpecialEventAnswer
from app.http.schemas import Answer, Wire
from app.studio.company_shortcuts import ICON, TARGET, Icon, Target
from app.sync.fields import Name, TimeOfDay

MOST_SHORTCUTS = 50
"""How many shortcuts a user may have."""
MOST_LISTED = 20
"""How many records a panel lists of a kind."""
MOST_SHARED = 100
"""How many of the company's shortcuts, and of its studios, a page shows."""

_Day = date
"""A name that no field has."""
_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_DAY = "2026-05-04"
_NAME = "Hartley, Laura"
_VERSION = "Counts its changes, from 0 while nothing was set; sent as `If-Match`."
_CLIENT = "That client's name, with the right to view clients."


class Panel(StrEnum):
    """What a home page may show, in the usual order."""

    SERVICES = "services"
    TASKS = "tasks"
    SCHEDULE = "schedule"
    SNAPSHOT = "snapshot"
    SHORTCUTS = "shortcuts"
    MESSAGES = "messages"


class PanelSetting(Wire):
    """Whether a panel is shown."""

    panel: Panel = Field(description="The panel.", examples=["tasks"])
    is_shown: bool = Field(True, description="It is shown.", examples=[True])


class PanelsRequest(Wire):
    """How a home page is arranged."""

    panels: list[PanelSetting] = Field(
        max_length=len(Panel),
        description="The panels in the order they are shown in, each once at most. Those that are not named"
        " come behind, shown.",
        examples=[[{"panel": "schedule", "is_shown": True}, {"panel": "services", "is_shown": False}]],
    )

    @field_validator("panels")
    @classmethod
    def _each_once(cls, panels: list[PanelSetting]) -> list[PanelSetting]:
        if len({each.panel for each in panels}) < len(panels):
            raise PydanticCustomError("given_twice", "A panel is named twice.")
        return panels


class PanelAnswer(Answer):
    """Whether a panel is shown."""

    panel: Panel = Field(description="The panel.", examples=["tasks"])
    is_shown: bool = Field(description="It is shown.", examples=[True])


class PanelsAnswer(Answer):
    """How a home page is arranged."""

    version: int = Field(description=_VERSION, examples=[1])
    panels: list[PanelAnswer] = Field(description="The panels the user may view, in their order.")


class OwnShortcut(Wire):
    """A shortcut of a user's own."""

    description: Name = Field(description="What it is called.", examples=["Order prints"])
    target: Target = Field(description=TARGET, examples=["https://lab.example/orders"])
    icon: Icon | None = Field(None, description=ICON, examples=["camera"])
    is_inactive: bool = Field(False, description="Not shown for now.", examples=[False])


class ShortcutsRequest(Wire):
    """The shortcuts a user wants to have."""

    shortcuts: list[OwnShortcut] = Field(
        max_length=MOST_SHORTCUTS,
        description=f"All of them in their order, {MOST_SHORTCUTS} at most.",
        examples=[
            [{"description": "Order prints", "target": "https://lab.example/orders", "icon": "camera"}]
        ],
    )


class ShortcutAnswer(Answer):
    """A shortcut of a user's own."""

    description: str = Field(description="What it is called.", examples=["Order prints"])
    target: str = Field(description=TARGET, examples=["https://lab.example/orders"])
    icon: str | None = Field(description=ICON, examples=["camera"])
    is_inactive: bool = Field(description="Not shown for now.", examples=[False])


class ShortcutsAnswer(Answer):
    """The shortcuts of a user's own."""

    version: int = Field(description=_VERSION, examples=[1])
    shortcuts: list[ShortcutAnswer] = Field(description="The shortcuts in their order.")


class GalleryEntry(Answer):
    """A session whose online gallery waits to be taken down."""

    id: UUID = Field(description="The session.", examples=[_ID])
    revision: int = Field(description="Its revision.", examples=[17])
    session_number: int | None = Field(description="Its number.", examples=[2107])
    description: str = Field(description="What it is.", examples=["Spring family portrait"])
    web_expire_date: _Day = Field(description="The day the gallery expired.", examples=[_DAY])
    gallery_images: int = Field(description="How many images are hosted.", examples=[48])
    client_id: UUID = Field(description="Whose it is.", examples=[_ID])
    client_name: str | None = Field(description=_CLIENT, examples=[_NAME])


class Galleries(Answer):
    """The online galleries."""

    active: int = Field(description="Galleries that are online and have not expired.", examples=[31])
    set_to_expire: int = Field(
        description="Galleries that have expired, today or before, and wait to be taken down.", examples=[2]
    )
    images_hosted: int = Field(description="Images in both.", examples=[1874])
    sessions: list[GalleryEntry] = Field(
        description=f"Those set to expire, the earliest first; {MOST_LISTED} at most."
    )


class WebOrderEntry(Answer):
    """An order that came from the online gallery."""

    id: UUID = Field(description="The invoice.", examples=[_ID])
    revision: int = Field(description="Its revision.", examples=[17])
    invoice_number: int | None = Field(description="Its number.", examples=[5031])
    web_order_number: str = Field(description="The client's confirmation number.", examples=["W-100233"])
    total: int = Field(description="What it comes to, in minor units.", examples=[9180])
    session_id: UUID | None = Field(description="The session it is from.", examples=[_ID])
    client_id: UUID | None = Field(description="Whose it is.", examples=[_ID])
    client_name: str | None = Field(description=_CLIENT, examples=[_NAME])


class WebOrders(Answer):
    """Orders from and for the online galleries."""

    ready_to_download: int = Field(
        description="Orders that wait for the data sync to make invoices of them.", examples=[2]
    )
    held: int = Field(
        description="Orders that could not become invoices, for somebody to decide.", examples=[0]
    )
    today: int = Field(description="Orders from the galleries dated today.", examples=[3])
    prepaid_to_upload: int = Field(
        description="Prepaid orders that have yet to go online, for the client to choose images.",
        examples=[1],
    )
    invoices: list[WebOrderEntry] = Field(
        description=f"Those of today, the latest number first; {MOST_LISTED} at most."
    )


class TextsSent(Answer):
    """How many text messages went; months are those of UTC, as they are counted."""

    this_month: int = Field(description="This month.", examples=[12])
    last_month: int = Field(description="The month before.", examples=[140])


class ServicesPanel(Answer):
    """What goes on in the online galleries, and how many texts went.

    There is none while the company has galleries switched off and has never posted a text.
    """

    panel: Literal[Panel.SERVICES] = Field(description="Which panel it is.", examples=["services"])
    galleries: Galleries | None = Field(description="The galleries, with the right to view sessions.")
    web_orders: WebOrders | None = Field(description="The orders, with the right to view invoices.")
    texts: TextsSent | None = Field(
        description="Text messages, with the right to view them, once there was one to be sent."
    )


class TaskEntry(Answer):
    """A task for the user."""

    id: UUID = Field(description="The task.", examples=[_ID])
    revision: int = Field(description="Its revision.", examples=[17])
    task_number: int | None = Field(description="Its number.", examples=[318])
    subject: str = Field(description="What it is.", examples=["Order frames"])
    due_date: _Day | None = Field(description="When it is to be done.", examples=[_DAY])
    complete_date: _Day | None = Field(
        description="When it was done: today, or none while it is open.", examples=[None]
    )
    priority: int | None = Field(description="From 1, most important, to 10.", examples=[3])
    is_urgent: bool = Field(description="Marked in lists.", examples=[False])
    session_id: UUID | None = Field(description="The session it concerns.", examples=[None])
    client_id: UUID | None = Field(description="The client it concerns.", examples=[_ID])
    client_name: str | None = Field(description=_CLIENT, examples=[_NAME])


class TasksPanel(Answer):
    """Tasks of the user, of the user's departments, and those they gave to nobody: open, or done today."""

    panel: Literal[Panel.TASKS] = Field(description="Which panel it is.", examples=["tasks"])
    open: int = Field(description="Tasks to be done.", examples=[12])
    overdue: int = Field(description="Those of them that were due before today.", examples=[2])
    due_today: int = Field(description="Those of them that are due today.", examples=[4])
    done_today: int = Field(description="Tasks completed today.", examples=[3])
    tasks: list[TaskEntry] = Field(
        description=f"The open ones as they are due, then those completed today; {MOST_LISTED} at most."
    )


class SchedulePanel(Answer):
    """What the user is booked for today."""

    panel: Literal[Panel.SCHEDULE] = Field(description="Which panel it is.", examples=["schedule"])
    bookings: int = Field(description="Bookings of today, cancelled ones among them.", examples=[5])
    entries: list[Entry] = Field(description=f"As in the schedule; the first {MOST_LISTED} at most.")
    special_events: list[SpecialEventAnswer] = Field(
        description=f"Holidays and special events of today, {MOST_LISTED} at most."
    )
    conflicts: list[Conflict] = Field(description="Where the user is booked twice.")


class DayFigures(Answer):
    """What came to pass today; amounts are in minor units."""

    sales: int = Field(
        description="The totals of invoices, estimates aside; credit memos subtract.", examples=[42800]
    )
    sales_count: int = Field(description="How many invoices these are, credit memos aside.", examples=[1])
    average_sale: int | None = Field(
        description="Sales by their number; none where nothing was sold.", examples=[42800]
    )
    payments: int = Field(description="What was received.", examples=[95000])
    refunds: int = Field(description="What was given back, as a positive amount.", examples=[5000])
    sessions_held: int = Field(
        description="Sessions of the day, those cancelled or on hold aside.", examples=[2]
    )


class Figures(Answer):
    """How one studio does today."""

    id: UUID = Field(
        description="The finance snapshot, which has the week, the month and the year too.", examples=[_ID]
    )
    revision: int = Field(description="Its revision.", examples=[17])
    studio_id: UUID | None = Field(
        description="Whose figures these are; none for what belongs to no studio.", examples=[None]
    )
    studio_name: str | None = Field(description="What the studio is called.", examples=[None])
    day: _Day = Field(description="The day they are those of.", examples=[_DAY])
    as_of: datetime = Field(description="When one of them last changed.", examples=["2026-05-04T15:40:00Z"])
    today: DayFigures = Field(description="The day itself.")
    open_balance: int = Field(description="What is still owed, in minor units.", examples=[418000])
    overdue_balance: int = Field(description="The part of it that was due before.", examples=[61500])
    pending_payments: int = Field(description="Payments agreed for the future.", examples=[30000])
    unapplied_deposits: int = Field(description="Received, and on no invoice yet.", examples=[15000])


class SnapshotPanel(Answer):
    """Today's figures, studio by studio."""

    panel: Literal[Panel.SNAPSHOT] = Field(description="Which panel it is.", examples=["snapshot"])
    studios: list[Figures] = Field(
        description="Those of no studio first, then by the studios' numbers; together they are the business."
    )


class ShortcutOf(StrEnum):
    """Whose a shortcut is."""

    USER = "user"
    COMPANY = "company"


class TargetKind(StrEnum):
    """What a shortcut leads to."""

    WEB = "web"
    AREA = "area"


class ShortcutTold(Answer):
    """A shortcut that can be followed."""

    of: ShortcutOf = Field(description="The user's own, or everybody's.", examples=["user"])
    description: str = Field(description="What it is called.", examples=["Order prints"])
    target_kind: TargetKind = Field(description="Whether it leaves the software.", examples=["web"])
    target: str = Field(description=TARGET, examples=["https://lab.example/orders"])
    icon: str | None = Field(description=ICON, examples=["camera"])


_SHORTCUT = {
    "of": "company",
    "description": "Calendar",
    "target_kind": "area",
    "target": "schedule",
    "icon": "calendar",
}


class ShortcutsPanel(Answer):
    """Shortcuts of the user, then those of the company, but for areas the user may not view."""

    panel: Literal[Panel.SHORTCUTS] = Field(description="Which panel it is.", examples=["shortcuts"])
    shortcuts: list[ShortcutTold] = Field(description="The shortcuts, in their order.")


class MessageKind(StrEnum):
    """What waits for an answer, by its collection."""

    CALLS = "phone_calls"
    EMAILS = "emails"
    TEXTS = "text_messages"


class MessageEntry(Answer):
    """A call to be made, or a message to be read."""

    id: UUID = Field(description="The record.", examples=[_ID])
    revision: int = Field(description="Its revision.", examples=[17])
    date: _Day = Field(description="When it is to be made, or came.", examples=[_DAY])
    time: TimeOfDay | None = Field(description="Local time of a call.", examples=["16:30:00"])
    subject: str = Field(
        description="Its subject, of a text how it begins.", examples=["Confirm Saturday's session"]
    )
    address: str | None = Field(
        description="The number or email address of the other side.", examples=["(518) 555-0123"]
    )
    client_id: UUID | None = Field(description="The client it concerns.", examples=[_ID])
    client_name: str | None = Field(description=_CLIENT, examples=[_NAME])


class Waiting(Answer):
    """What waits of one kind."""

    kind: MessageKind = Field(description="Of which kind, by its collection.", examples=["phone_calls"])
    waiting: int = Field(description="How many there are.", examples=[2])
    messages: list[MessageEntry] = Field(
        description=f"Calls the earliest first, messages the latest first; {MOST_LISTED} at most."
    )


class MessagesPanel(Answer):
    """Calls for the user, the user's departments or anybody, due by today; and what nobody has read yet."""

    panel: Literal[Panel.MESSAGES] = Field(description="Which panel it is.", examples=["messages"])
    kinds: list[Waiting] = Field(description="The kinds the user may view, also where nothing waits.")


AnyPanel = Annotated[
    ServicesPanel | TasksPanel | SchedulePanel | SnapshotPanel | ShortcutsPanel | MessagesPanel,
    Field(discriminator="panel"),
]


class HomeAnswer(Answer):
    """A home page."""

    date: _Day = Field(description="Today, in the zone of the company.", examples=[_DAY])
    time_zone: str = Field(description="IANA name of that zone.", examples=["America/New_York"])
    panels: list[AnyPanel] = Field(
        description="The panels that are shown, in the user's order; none the user may not view.",
        examples=[[{"panel": "shortcuts", "shortcuts": [_SHORTCUT]}]],
    )
