"""The client's own details: address, telephone numbers, email address, and where text messages may go."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response

from app.core.db import Session
from app.core.ids import new_id
from app.http.forms import Fields
from app.portal.web import words
from app.portal.web.pages import Wrong
from app.portal.web.visits import SignedOut, Visit
from app.sync import records
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write
from app.sync.validation import InvalidFieldsError

ADDRESS = (
    ("line_1", "Street and number", "address-line1"),
    ("line_2", "Flat or building", "address-line2"),
    ("city", "City", "address-level2"),
    ("region", "State or county", "address-level1"),
    ("postal_code", "Postal code", "postal-code"),
    ("country", "Country", "country-name"),
)
_NAMES = ("address", "email", "phones")
_MOST_PHONES = 10
Record = dict[str, Any]


async def show(visit: Visit) -> Response:
    """Show the details the studio has."""
    async with visit.database.reading(visit.gallery.account_id) as session:
        client = await _client(session, visit)
    return _page(visit, client, client)


async def show_again(visit: Visit) -> Response:
    """Show a form that held the number of a card with all else that was typed into it; nothing is saved."""
    async with visit.database.reading(visit.gallery.account_id) as session:
        client = await _client(session, visit)
    return _page(visit, client, _read(visit.form, client), Wrong(words.NO_CARDS))


async def change(visit: Visit) -> Response:
    """Save what is different, if the studio has not changed it since the page was made."""
    async with visit.database.writing(visit.gallery.account_id) as session:
        client = await _client(session, visit)
        wanted = _read(visit.form, client)
        different = {name: wanted[name] for name in _NAMES if wanted[name] != client[name]}
        is_stale = visit.form.get("made_from") != _mark(client)
        wrong = None
        if _is_one_too_many(visit.form, wanted):
            wrong = Wrong(words.LOOK_AGAIN, fields={"new_number": words.MOST_PHONES})
        elif different and not is_stale:
            wrong = await _save(session, visit, different)
    if is_stale:
        return _page(visit, client, client, Wrong(words.CHANGED, 409))
    if wrong:
        return _page(visit, client, wanted, wrong)
    return visit.to("/details", said="details_saved" if different else "nothing_changed")


async def _save(session: Any, visit: Visit, different: Record) -> Wrong | None:
    """Write as the engine does, so that phones hear of it; what it refuses is told at its field."""
    try:
        await write(session, visit.who, [Write("clients", visit.gallery.client_id, different)])
    except InvalidFieldsError as error:
        return Wrong(words.LOOK_AGAIN, fields={_field(path): each for path, each in error.reasons.items()})
    except ChangeRefused as error:
        return Wrong(error.message, 409)
    return None


async def _client(session: Session, visit: Visit) -> Record:
    found = await records.find(session, "clients", visit.gallery.client_id)
    if found is None:
        raise SignedOut
    return {name: found[name] for name in _NAMES}


def _read(form: Fields, client: Record) -> Record:
    return {
        "address": _address(form, client["address"]),
        "email": form.get("email", "").strip() or None,
        "phones": _phones(form, client["phones"]),
    }


def _address(form: Fields, before: Record | None) -> Record | None:
    typed = {name: form.get(name, "").strip() or None for name, *_ in ADDRESS}
    if any(typed.values()):
        return typed
    return None if any((before or {}).values()) else before


def _phones(form: Fields, before: list[Record]) -> list[Record]:
    """Return the numbers in their order; one that was emptied goes, and a new one comes last."""
    kept = []
    for each in before:
        number = form.get(f"number.{each['id']}", each["number"]).strip()
        may_text = form.get(f"texts.{each['id']}") == "yes"
        if number:
            kept.append({**each, "number": number, "is_sms_enabled": may_text})
    new = form.get("new_number", "").strip()
    if new and len(kept) < _MOST_PHONES:
        label = form.get("new_label", "").strip() or "Phone"
        may_text = form.get("new_texts") == "yes"
        kept.append({"id": str(new_id()), "label": label, "number": new, "is_sms_enabled": may_text})
    return kept


def _is_one_too_many(form: Fields, wanted: Record) -> bool:
    """Say whether there is no room for the number that was typed in."""
    new = form.get("new_number", "").strip()
    return bool(new) and not any(each["number"] == new for each in wanted["phones"])


def _field(path: str) -> str:
    """Return the field of the page a reason belongs to."""
    first, _, rest = path.partition(".")
    return rest if first == "address" and rest else first


def _mark(client: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(dict(client), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _page(visit: Visit, client: Record, values: Record, wrong: Wrong | None = None) -> Response:
    return visit.page(
        "details.html",
        wrong,
        address=values["address"] or {},
        email=values["email"] or "",
        phones=[each for each in values["phones"] if _is_known(each, client)],
        typed=visit.form,
        fields=ADDRESS,
        made_from=_mark(client),
    )


def _is_known(phone: Record, client: Record) -> bool:
    return any(UUID(each["id"]) == UUID(phone["id"]) for each in client["phones"])
