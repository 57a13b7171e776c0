"""Choosing: the records of a hub that somebody means, and whom of them something reaches."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.accounts.standing import S, Work
from app.automations import reaching
from app.automations.communications.errors import TooManyRecipients
from app.automations.communications.models import Communication
from app.automations.communications.schemas import Chosen
from app.automations.reaching import Act, Person, Way, way_to
from app.core.db import Session
from app.desk.hubs import compiling
from app.desk.hubs import store as hubs
from app.desk.hubs.compiling import Order, Place, Sought
from app.desk.hubs.fields import HubField, find
from app.desk.hubs.filters import Filter, Group, Reader
from app.desk.hubs.hubs import HUBS, Hub
from app.desk.hubs.querying import calendar_of, view_of
from app.desk.hubs.saved import filter_of
from app.outbox.blocks import key_of
from app.sync.visible import some_seen

MOST = 20_000
"""How many recipients a communication has at most."""
_AT_ONCE = 500
_PAGE_BYTES = 4_000_000
_CLIENTS = {"clients": ("id",), "invoices": ("bill_to_client_id", "client_id")}
"""The paths to whom a record leads, the first there is: what `acting.client_of` says of one that is read."""


def chosen_of(row: Communication) -> Chosen:
    """Return what was chosen as it was sent."""
    return Chosen.model_validate(row.chosen, strict=False)


async def sought(work: Work[S], hub: Hub, chosen: Chosen) -> tuple[Sought, list[HubField]]:
    """Return which records are meant, and the fields that lead to their clients, by a user's rights.

    Raises `InvalidQuery` with every place that is wrong, `SavedNotFound`, and `PermissionDenied` where the
    user may view none of the hub.
    """
    view, company = await view_of(work, hub), await hubs.company(work.session)
    reader = Reader(hub.collection, view, calendar_of(work, company))
    parts = []
    if chosen.filter_id is not None:
        parts.append((await filter_of(work, hub, reader, chosen.filter_id))[1])
    if chosen.filter is not None:
        parts.append(reader.read(chosen.filter))
    parts += [reader.read(each, place) for place, each in _named(hub, chosen)]
    paths = [found for path in _CLIENTS.get(hub.name, ("client_id",)) if (found := reader.find(path, "hub"))]
    reader.check()
    return Sought(hub.collection, view.rights, Group(is_all=True, members=tuple(parts))), paths


def _named(hub: Hub, chosen: Chosen) -> Iterator[tuple[str, Filter]]:
    """Yield what groups and statuses say, as filters say it."""
    if chosen.status_ids:
        yield "status_ids", _within("status_id", chosen.status_ids)
    if not chosen.group_ids:
        return
    if hub.name == "clients":
        yield "group_ids", _within("group_ids", chosen.group_ids)
    elif hub.name == "invoices":
        billed = _within("bill_to_client.group_ids", chosen.group_ids)
        nobody = {"field": "bill_to_client_id", "is": "blank", "value": True}
        sold = {"all": [nobody, _sent(_within("client.group_ids", chosen.group_ids))]}
        yield "group_ids", Filter.model_validate({"any": [_sent(billed), sold]}, strict=False)
    else:
        yield "group_ids", _within("client.group_ids", chosen.group_ids)


def _within(path: str, ids: list[UUID]) -> Filter:
    told = {"field": path, "is": "in", "value": [str(each) for each in ids]}
    return Filter.model_validate(told, strict=False)


def _sent(sent: Filter) -> dict[str, Any]:
    return sent.model_dump(mode="json", by_alias=True, exclude_unset=True)


async def choose(work: Work[Session], row: Communication, seconds: float) -> list[dict[str, Any]]:
    """Return the recipients of a communication: of the records it means those whose client may be seen.

    Each statement takes no longer than some seconds, and nothing else follows in the session. Who is not
    reached is told why. Raises `TooManyRecipients`.
    """
    hub = HUBS[row.hub]
    wanted, paths = await sought(work, hub, chosen_of(row))
    found = list[dict[str, Any]]()
    async with hubs.within(work.session, seconds):
        after = None
        while True:
            records, after = await _page(work.session, wanted, paths, after)
            if len(found) + len(records) > MOST:
                raise TooManyRecipients(limit=MOST)
            ids = list({each for each in records.values() if each})
            seen = await some_seen(work, "clients", ids)
            people = await reaching.clients(work.session, list(seen))
            for record_id, client_id in records.items():
                if client_id is None or client_id in people:
                    found.append(_recipient(row, record_id, people.get(client_id) if client_id else None))
            if after is None:
                return found


async def _page(
    session: Session, wanted: Sought, paths: list[HubField], after: Place | None
) -> tuple[dict[UUID, UUID | None], Place | None]:
    """Return some records by their ids, each with its client, and the place behind which others follow."""
    key = find(wanted.collection.name, "id")
    if key is None:
        raise TypeError("every record has an id")
    statement = compiling.page(
        session.account_id,
        wanted,
        paths,
        Order(key),
        _AT_ONCE,
        most_bytes=_PAGE_BYTES,
        after=after,
        is_blank=False,
    )
    rows = await hubs.fetch(session, statement)
    found = {row["id"]: next((each for each in row[2:-1] if each), None) for row in rows}
    is_whole = len(rows) < _AT_ONCE and not (rows and rows[-1][-1])
    return found, None if is_whole or not rows else Place(rows[-1]["id"], rows[-1]["id"])


def _recipient(row: Communication, record_id: UUID, person: Person | None) -> dict[str, Any]:
    """Return a recipient as it is kept, with the `key` of the address they are reached at, if they are."""
    action = Act(row.action)
    if person is None and action is not Act.TASK:
        return {"record_id": record_id, "name": "", "action": None, "code": "no_client"}
    person = person or Person("")
    way = way_to(person, action, Act(row.fallback) if row.fallback else None)
    return {
        "record_id": record_id,
        "client_id": person.client_id,
        "name": person.name,
        "address": way.address,
        "action": way.action,
        "code": way.code,
        "key": f"{way.action} {_key_of(way)}" if way.address and not way.code else None,
    }


def _key_of(way: Way) -> str:
    """Return what an address is known by: of a number its digits."""
    address = way.address or ""
    if way.action in (Act.TEXT, Act.CALL):
        return "".join(each for each in address if each.isdigit())
    return key_of(address)
