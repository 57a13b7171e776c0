"""Custom fields: so many of each type as a kind of record has; the company gives them their labels."""

from typing import Any

from app.sync.fields import Day, Element, Line, Paragraphs, field


def _text(number: int) -> Any:
    return field(f"Custom text {number}.", example="Blue folder", default=None)


def _date(number: int) -> Any:
    return field(f"Custom date {number}.", example="2026-05-01", default=None)


def _notes(number: int) -> Any:
    return field(f"Custom notes {number}.", example="Prefers the garden set.", default=None)


def _checkbox(number: int) -> Any:
    return field(f"Custom checkbox {number}.", example=True, default=False)


class InvoiceCustom(Element):
    """The custom fields of an invoice: a text and a date."""

    text_1: Line | None = _text(1)
    date_1: Day | None = _date(1)


class EventCustom(InvoiceCustom):
    """The custom fields of an appointment or a phone call: two texts, two dates."""

    text_2: Line | None = _text(2)
    date_2: Day | None = _date(2)


class TaskCustom(EventCustom):
    """The custom fields of a task: four texts, two dates, two notes."""

    text_3: Line | None = _text(3)
    text_4: Line | None = _text(4)
    notes_1: Paragraphs | None = _notes(1)
    notes_2: Paragraphs | None = _notes(2)


class PaymentCustom(EventCustom):
    """The custom fields of a payment: four texts, four dates, four checkboxes."""

    text_3: Line | None = _text(3)
    text_4: Line | None = _text(4)
    date_3: Day | None = _date(3)
    date_4: Day | None = _date(4)
    checkbox_1: bool = _checkbox(1)
    checkbox_2: bool = _checkbox(2)
    checkbox_3: bool = _checkbox(3)
    checkbox_4: bool = _checkbox(4)


class ClientCustom(TaskCustom):
    """The custom fields of a client: ten texts, two dates, two notes, and two of each on the first page."""

    text_5: Line | None = _text(5)
    text_6: Line | None = _text(6)
    text_7: Line | None = _text(7)
    text_8: Line | None = _text(8)
    text_9: Line | None = _text(9)
    text_10: Line | None = _text(10)
    general_text_1: Line | None = field(
        "Custom text 1 of the first page.", example="Repeat client", default=None
    )
    general_text_2: Line | None = field("Custom text 2 of the first page.", example="Twins", default=None)
    general_date_1: Day | None = field("Custom date 1 of the first page.", example="2026-05-01", default=None)
    general_date_2: Day | None = field("Custom date 2 of the first page.", example="2026-06-01", default=None)


class SessionCustom(TaskCustom):
    """The custom fields of a session: thirteen texts, four dates, two notes."""

    text_5: Line | None = _text(5)
    text_6: Line | None = _text(6)
    text_7: Line | None = _text(7)
    text_8: Line | None = _text(8)
    text_9: Line | None = _text(9)
    text_10: Line | None = _text(10)
    text_11: Line | None = _text(11)
    text_12: Line | None = _text(12)
    text_13: Line | None = _text(13)
    date_3: Day | None = _date(3)
    date_4: Day | None = _date(4)


class OrganizationCustom(SessionCustom):
    """The custom fields of an organization: sixteen texts, six dates, four notes."""

    text_14: Line | None = _text(14)
    text_15: Line | None = _text(15)
    text_16: Line | None = _text(16)
    date_5: Day | None = _date(5)
    date_6: Day | None = _date(6)
    notes_3: Paragraphs | None = _notes(3)
    notes_4: Paragraphs | None = _notes(4)
