"""A template filled with a real record, found by its words; and its HTML in a page of its own."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Wrong
from app.console.galleries import seeking
from app.console.letters import naming, words
from app.console.letters.alone import alone
from app.console.letters.templates import read
from app.console.visits import MOST_LETTERS, Visit

_FOUND = 10
_CLIENT = {"client": "", "invoice": "bill_to_client."}
"""Where a row has its client's name; most have it behind `client.`."""
_COLUMNS = {
    "client": ("client_number", "email"),
    "session": ("session_number", "date", "description"),
    "invoice": ("invoice_number", "invoice_date"),
    "appointment": ("date", "description"),
    "task": ("task_number", "subject", "due_date"),
}
"""By what else a record is known."""


class Sought(Form):
    """Which record a template is filled with, and by what one is looked for."""

    words: str = ""
    record: UUID | None = None


async def show(visit: Visit) -> Response:
    """Show a template filled with a record, and records to fill it with."""
    found, sought = await read(visit), seeking.sought(visit, Sought)
    filled: Record | None = None
    wrong: Wrong | None = None
    try:
        filled = await _filled(visit, sought.record) if sought.record else None
    except Refused as error:
        wrong = forms.wrong(error)
    return visit.page(
        "letters/preview.html",
        wrong,
        found=found,
        filled=filled,
        blank=await _labels(visit, found["basis"], filled["missing"]) if filled else [],
        sought=sought,
        records=await _records(visit, found["basis"], sought.words.strip()[:MOST_LETTERS]),
        words=words,
    )


async def show_html(visit: Visit) -> Response:
    """Show the HTML of a template that is filled with a record."""
    sought = seeking.sought(visit, Sought)
    if sought.record is None:
        return pages.to(f"/templates/{visit.request.path_params['template_id']}/preview")
    filled = await _filled(visit, sought.record)
    return alone(filled["subject"], filled["html"] or "")


async def _filled(visit: Visit, record: UUID) -> Record:
    asked = {"template_id": str(visit.request.path_params["template_id"]), "record_id": str(record)}
    return await visit.api.post("/v1/template-previews", asked)


async def _labels(visit: Visit, basis: str, tokens: list[str]) -> list[str]:
    """Return what people call some fields; of one that is no more there is its name alone."""
    if not tokens:
        return []
    known = (await visit.api.get("/v1/template-fields", basis=basis))["fields"]
    labels = {each["token"]: each["label"] for each in known}
    return [labels.get(each, each) for each in tokens]


async def _records(visit: Visit, basis: str, looked_for: str) -> list[tuple[str, str, str]]:
    """Return records a template can be filled with: the id of each, what it is called, and of what it is."""
    prefix = _CLIENT.get(basis, "client.")
    asked: dict[str, Any] = {
        "columns": ["id", *_COLUMNS[basis], *(f"{prefix}{each}" for each in naming.NAMES)],
        "limit": _FOUND,
    }
    if looked_for:
        asked["search"] = looked_for
    try:
        found = await visit.api.post(f"/v1/hubs/{basis}s/query", asked)
    except Refused:
        return []
    return [_named(each, basis, prefix) for each in found["rows"]]


def _named(row: Record, basis: str, prefix: str) -> tuple[str, str, str]:
    facts = [
        pages.day(row[each]) if "date" in each else str(row[each]) for each in _COLUMNS[basis] if row[each]
    ]
    client = naming.of_client(row, prefix)
    name = client or (facts.pop(0) if facts else "without a name")
    return row["id"], name, ", ".join(facts)
