"""The fields of letters: one name for each, made from the registry of fields by what a letter is based on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any

from app.desk.hubs.fields import MOST_LINKS, HubField, View, fields_of
from app.studio.lists import ListEntry
from app.sync import registry
from app.sync.registry import Collection


class Basis(StrEnum):
    """What a letter is about."""

    CLIENT = "client"
    SESSION = "session"
    INVOICE = "invoice"
    APPOINTMENT = "appointment"
    TASK = "task"

    @property
    def hub(self) -> str:
        """Return the name of the collection, and of the hub, of its records."""
        return f"{self.value}s"

    @property
    def collection(self) -> Collection:
        """Return the collection of its records."""
        return registry.numbered(registry.number_of(self.hub))


@dataclass(frozen=True, slots=True)
class MergeField:
    """A field letters may have: `needs` are the paths it is made from, its own if it is a record's."""

    token: str
    label: str
    description: str
    example: Any
    needs: tuple[str, ...] = ()
    found: HubField | None = None


_LED: Mapping[Basis, Mapping[str, str]] = {
    Basis.CLIENT: {},
    Basis.SESSION: {"client": "Client"},
    Basis.INVOICE: {"bill_to_client": "Client", "client": "SessionClient", "session": "Session"},
    Basis.APPOINTMENT: {"client": "Client", "session": "Session"},
    Basis.TASK: {"client": "Client", "session": "Session", "invoice": "Invoice"},
}
"""The links whose fields are called as they are in letters about those records themselves."""
_UNTOLD = {"sort_order", "status_notes", "colour", "time_zone"}
"""Fields that are for whoever works here alone, or that nobody writes of."""
_KEPT = {"created_at", "updated_at"}
_TO_SESSION = {
    Basis.SESSION: "id",
    **dict.fromkeys((Basis.INVOICE, Basis.APPOINTMENT, Basis.TASK), "session_id"),
}

COMPANY_NAME, TODAY = "CompanyName", "Today"
STUDIO = {"StudioName": "name", "StudioPhone": "phone", "StudioEmail": "email"}
"""Fields of the studio a record belongs to, or of the only one; without any the company's name is its own."""
GALLERY_LINK, INVOICE_DETAILS = "SessionGalleryLink", "InvoiceDetails"
UNSUBSCRIBE_LINK = "UnsubscribeLink"


def way_to_session(basis: Basis) -> str | None:
    """Return the path of the session a record is about, if it can be about one."""
    return _TO_SESSION.get(basis)


@cache
def known(basis: Basis) -> Mapping[str, MergeField]:
    """Return all fields of letters with a basis, by their names."""
    return {each.token: each for each in (*_beside(basis), *_of_records(basis))}


def seen(basis: Basis, view: View) -> Mapping[str, MergeField]:
    """Return those of which a user may view all they are made from."""
    return {token: it for token, it in known(basis).items() if _may_view(it, basis, view)}


def nearest(token: str, fields: Mapping[str, MergeField]) -> str | None:
    """Return the name that is most like one that is none; case says nothing."""
    by_small = {each.lower(): each for each in fields}
    close = get_close_matches(token[:100].lower(), by_small, n=1, cutoff=0.6)
    return by_small[close[0]] if close else None


def bases_of(token: str, view: View) -> list[Basis]:
    """Return in letters of which bases there is a field of this name that a user may view."""
    return [basis for basis in Basis if (it := known(basis).get(token)) and _may_view(it, basis, view)]


def _may_view(field: MergeField, basis: Basis, view: View) -> bool:
    collection = basis.collection
    return all(view.find(collection, path) for path in field.needs)


def check() -> None:
    """Refuse two fields of one name: call once when all collections are declared."""
    for basis in Basis:
        names = [each.token for each in (*_beside(basis), *_of_records(basis))]
        twice = {each for each in names if names.count(each) > 1}
        if twice:
            raise TypeError(f"letters about a {basis} have two fields called {min(twice)}")


def _beside(basis: Basis) -> Iterator[MergeField]:
    yield MergeField(COMPANY_NAME, "Company name", "The name of the business.", "Harbor Light Portraits")
    told = {"name": "Riverside Studio", "phone": "(518) 555-0100", "email": "hello@studio.example"}
    for token, name in STUDIO.items():
        words = f"The {name} of the studio it belongs to, or of the only one there is."
        yield MergeField(token, f"Studio: {name}", words, told[name], (f"studio.{name}",))
    yield MergeField(TODAY, "Today", "The day the letter is made, where the company is.", "2026-05-04")
    words = "Where whoever gets an email says that they want no more; blank in text messages and on paper."
    yield MergeField(UNSUBSCRIBE_LINK, "Unsubscribe link", words, "https://studio.example/unsubscribe/k7Qm")
    if path := way_to_session(basis):
        words = "Where the client finds the session's online gallery; blank while it is not open."
        example = "https://studio.example/portal/k7Qm"
        yield MergeField(GALLERY_LINK, "Session: Gallery link", words, example, (path,))
    if basis is Basis.INVOICE:
        words = "What was sold line by line, and what it comes to: a table in HTML, lines in text."
        needs = ("lines", "subtotal", "discount", "tax", "shipping", "surcharge", "total", "paid")
        yield MergeField(
            INVOICE_DETAILS,
            "Invoice: Details",
            words,
            "2 x 8x10 portrait print 90.00",
            (*needs, "balance_due"),
        )


def _of_records(basis: Basis) -> Iterator[MergeField]:
    for found in fields_of(basis.hub, MOST_LINKS):
        if found.is_mergeable and (token := _token(basis, found)):
            yield MergeField(token, found.label, found.description, found.example, (found.path,), found)


def _token(basis: Basis, found: HubField) -> str | None:
    """Return what a field is called in letters; none of one that letters do not tell."""
    if found.name in _UNTOLD or (found.steps and found.name in _KEPT):
        return None
    way = [step.name.removesuffix("_id") for step in found.steps]
    led = _LED[basis].get(way[0]) if way else None
    pieces = [led or _camel(basis.value), *(_camel(each) for each in way[1 if led else 0 :])]
    if basis is Basis.INVOICE and pieces[:2] == ["Session", "Client"]:
        return None  # Whom an invoice was sold to goes by this name.
    if not _is_its_name(found):
        pieces.append(_camel(found.path.split(".", len(way))[-1].replace(".", "_")))
    name = pieces[0]
    for before, piece in pairwise(pieces):
        name += piece.removeprefix(before) or piece
    return name


def _is_its_name(found: HubField) -> bool:
    """Say whether a field is what a linked record is known by: its way says it all."""
    if not found.steps:
        return False
    model = registry.numbered(registry.number_of(found.origin)).model
    is_entry = issubclass(model, ListEntry) and found.name == "description"
    return is_entry or (found.origin == "staff" and found.name == "display_name")


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
