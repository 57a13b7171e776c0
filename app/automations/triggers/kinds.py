"""What triggers may wait for, what they do then, and how far each occurrence of one has come."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from app.automations.reaching import Act
from app.desk.hubs.hubs import HUBS, Hub
from app.sync import registry
from app.sync.registry import Collection
from app.templates.fields import Basis
from app.templates.models import TemplateKind


class Kind(StrEnum):
    """What a trigger waits for."""

    CLIENT_STATUS = "client_status"
    SESSION_STATUS = "session_status"
    INVOICE_STATUS = "invoice_status"
    TASK_STATUS = "task_status"
    APPOINTMENT_STATUS = "appointment_status"
    SESSION_TYPE = "session_type"
    TASK_TYPE = "task_type"
    APPOINTMENT_TYPE = "appointment_type"
    SESSION_GALLERY = "session_gallery"
    EMAIL_DELIVERY = "email_delivery"
    TEXT_KEYWORD = "text_keyword"
    CLIENT_DATE = "client_date"
    SESSION_DATE = "session_date"
    INVOICE_DATE = "invoice_date"
    TASK_DATE = "task_date"
    APPOINTMENT_DATE = "appointment_date"


class Recipient(StrEnum):
    """Whom it is for."""

    CLIENT = "client"
    BILL_TO = "bill_to"
    ASSIGNED_USER = "assigned_user"
    PHOTOGRAPHER = "photographer"
    USERS = "users"


class State(StrEnum):
    """How far an occurrence has come."""

    RAISED = "raised"
    """Written down with what caused it, not looked at yet."""
    WAITING = "waiting"
    PROCESSED = "processed"
    SKIPPED = "skipped"
    FAILED = "failed"
    DELETED = "deleted"


class Why(StrEnum):
    """Why nothing came of an occurrence."""

    FILTERED = "filtered"
    NO_LONGER_SO = "no_longer_so"
    OVER = "over"
    RECORD_GONE = "record_gone"
    EDITION = "edition"
    INACTIVE = "inactive"
    DONE_ALREADY = "done_already"
    BY_HAND = "by_hand"
    NOBODY_TO_REACH = "nobody_to_reach"
    TOO_LONG = "too_long"
    TEXT_TOO_LONG = "text_too_long"
    EMPTY = "empty"
    REFUSED = "refused"

    @property
    def sentence(self) -> str:
        """Return it as people are told."""
        return _SENTENCES[self]


class Paused(StrEnum):
    """Why an active trigger stands still until somebody has put it right."""

    FILTER_GONE = "filter_gone"
    FILTER_TOO_SLOW = "filter_too_slow"
    TEMPLATE_GONE = "template_gone"


class Wanted(StrEnum):
    """Whether a trigger of a kind names something."""

    NO = "no"
    MAY = "may"
    MUST = "must"


_SENTENCES = {
    Why.FILTERED: "The record does not meet the filter.",
    Why.NO_LONGER_SO: "The record is no longer as the trigger has it.",
    Why.OVER: "Its day is over.",
    Why.RECORD_GONE: "The record is gone.",
    Why.EDITION: "The account's edition has no triggers.",
    Why.INACTIVE: "The trigger was made inactive.",
    Why.DONE_ALREADY: "The same was done for the client this one was merged with.",
    Why.BY_HAND: "Somebody has skipped it.",
    Why.NOBODY_TO_REACH: "There is nobody who can be reached.",
    Why.TOO_LONG: "The letter becomes too long.",
    Why.TEXT_TOO_LONG: "The text message becomes too long.",
    Why.EMPTY: "There is nothing in it.",
    Why.REFUSED: "What it makes is refused by a rule of the company.",
}
OPEN = (State.RAISED, State.WAITING)
"""Something may still come of these."""
WRITTEN = (Act.EMAIL, Act.TEXT, Act.LETTER)
"""What is made of a template."""
LETTERS = (TemplateKind.FORM_LETTER, TemplateKind.HTML_EMAIL)
TEMPLATES = {Act.EMAIL: LETTERS, Act.TEXT: (TemplateKind.TEXT,), Act.LETTER: LETTERS}
"""Templates of which kinds an action is made of; a fallback is made of that of its action."""
ANNIVERSARIES = frozenset({"birthday", "anniversary"})
"""Days that come back each year."""
STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "arret", "start", "unstop", "yes", "help"}
)
"""What networks and the outbox answer by themselves."""
_TO_CLIENTS = (Recipient.CLIENT, Recipient.USERS)
_TO_PAYERS = (Recipient.CLIENT, Recipient.BILL_TO, Recipient.USERS)
_TO_ASSIGNED = (Recipient.CLIENT, Recipient.ASSIGNED_USER, Recipient.USERS)
_TO_PHOTOGRAPHERS = (Recipient.CLIENT, Recipient.PHOTOGRAPHER, Recipient.USERS)


@dataclass(frozen=True)
class Spec:
    """What a trigger of a kind looks at, and what it may name.

    `source` is the collection whose writes are looked at, `about` the one whose record an occurrence is of.
    It happens when the field `moved` changes, or on days by one of `on_fields`. `values` are what that may
    become.
    """

    kind: Kind
    label: str
    description: str
    source: str
    about: str
    basis: Basis
    recipients: tuple[Recipient, ...]
    moved: str | None = None
    type_field: str | None = None
    type: Wanted = Wanted.NO
    status: Wanted = Wanted.NO
    on_fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    has_value: bool = False
    actions: tuple[Act, ...] = tuple(Act)

    @cached_property
    def number(self) -> int:
        """Return the number of the collection whose writes are looked at."""
        return registry.number_of(self.source)

    @cached_property
    def collection(self) -> Collection:
        """Return the collection whose records occurrences are of."""
        return registry.numbered(registry.number_of(self.about))

    @cached_property
    def hub(self) -> Hub:
        """Return the hub whose filters may narrow it."""
        return next(each for each in HUBS.values() if each.of == self.about)

    @cached_property
    def types(self) -> str | None:
        """Return the list its types are of."""
        return self._leads_to(self.type_field)

    @cached_property
    def statuses(self) -> str | None:
        """Return the list its statuses are of."""
        return self._leads_to("status_id") if self.status is not Wanted.NO else None

    def _leads_to(self, name: str | None) -> str | None:
        return registry.numbered(self.number).fields[name].link if name else None


def _status(kind: Kind, about: Basis, label: str, type_field: str | None, to: tuple[Recipient, ...]) -> Spec:
    return Spec(
        kind,
        label,
        f"The {about.value} comes to have a status, also when it is made with it.",
        about.hub,
        about.hub,
        about,
        to,
        moved="status_id",
        type_field=type_field,
        type=Wanted.MAY if type_field else Wanted.NO,
        status=Wanted.MUST,
    )


def _type(kind: Kind, about: Basis, label: str, to: tuple[Recipient, ...]) -> Spec:
    field = f"{about.value}_type_id"
    words = f"The {about.value} is made with a type, or comes to have it."
    return Spec(
        kind,
        label,
        words,
        about.hub,
        about.hub,
        about,
        to,
        moved=field,
        type_field=field,
        type=Wanted.MUST,
    )


def _date(spec: Spec, *on_fields: str, actions: tuple[Act, ...] = tuple(Act)) -> Spec:
    """Return the kind that goes by days of the records another looks at."""
    about = spec.basis
    return Spec(
        Kind(f"{about.value}_date"),
        f"{about.value.capitalize()} date",
        f"A day of the {about.value} comes, or lies so many days ahead or back.",
        about.hub,
        about.hub,
        about,
        spec.recipients,
        type_field=spec.type_field,
        type=spec.type,
        status=Wanted.MAY,
        on_fields=on_fields,
        actions=actions,
    )


_CLIENTS = _status(Kind.CLIENT_STATUS, Basis.CLIENT, "Client status", None, _TO_CLIENTS)
_SESSIONS = _status(
    Kind.SESSION_STATUS, Basis.SESSION, "Session status", "session_type_id", _TO_PHOTOGRAPHERS
)
_INVOICES = _status(Kind.INVOICE_STATUS, Basis.INVOICE, "Invoice status", None, _TO_PAYERS)
_TASKS = _status(Kind.TASK_STATUS, Basis.TASK, "Task status", "task_type_id", _TO_ASSIGNED)
_APPOINTMENTS = _status(
    Kind.APPOINTMENT_STATUS, Basis.APPOINTMENT, "Appointment status", "appointment_type_id", _TO_ASSIGNED
)
_ALL = (
    _CLIENTS,
    _SESSIONS,
    _INVOICES,
    _TASKS,
    _APPOINTMENTS,
    _type(Kind.SESSION_TYPE, Basis.SESSION, "Session type", _TO_PHOTOGRAPHERS),
    _type(Kind.TASK_TYPE, Basis.TASK, "Task type", _TO_ASSIGNED),
    _type(Kind.APPOINTMENT_TYPE, Basis.APPOINTMENT, "Appointment type", _TO_ASSIGNED),
    Spec(
        Kind.SESSION_GALLERY,
        "Images online",
        "The online gallery of a session is published.",
        "sessions",
        "sessions",
        Basis.SESSION,
        _TO_PHOTOGRAPHERS,
        moved="gallery_state",
        type_field="session_type_id",
        type=Wanted.MAY,
        status=Wanted.MAY,
    ),
    Spec(
        Kind.EMAIL_DELIVERY,
        "Email delivery",
        "An email of ours was sent, or could not be.",
        "emails",
        "emails",
        Basis.CLIENT,
        _TO_CLIENTS,
        moved="delivery_state",
        type_field="email_type_id",
        type=Wanted.MAY,
        values=("sent", "failed", "bounced", "spam"),
        has_value=True,
        # Letters about letters would feed themselves.
        actions=(Act.CALL, Act.TASK),
    ),
    Spec(
        Kind.TEXT_KEYWORD,
        "Keyword by text",
        "A text message comes in that begins with a word; once a day for each client.",
        "text_messages",
        "clients",
        Basis.CLIENT,
        _TO_CLIENTS,
        has_value=True,
    ),
    _date(_CLIENTS, "status_due_date", "birthday", "anniversary"),
    _date(_SESSIONS, "date", "status_due_date", "web_expire_date"),
    _date(_INVOICES, "payment_due_date", "status_due_date"),
    _date(
        _TASKS,
        *("start_date", "due_date", "complete_date", "status_due_date"),
        # Each task made by this would have a day of its own, and make another.
        actions=(Act.EMAIL, Act.TEXT, Act.CALL, Act.LETTER),
    ),
    _date(_APPOINTMENTS, "date", "status_due_date"),
)
SPECS = {each.kind: each for each in _ALL}
SOURCES = tuple(dict.fromkeys(each.source for each in _ALL))
"""The collections whose writes are looked at."""
