"""Numbers the server gives: to sessions, invoices and tasks when made, to clients when it is time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from app.studio.companies import ClientNumberMoment
from app.studio.invoices import InvoiceType
from app.studio.rules.counters import NUMBERED, take
from app.studio.rules.settings import read_settings, settings_of
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Work, Written, on_write

_CLIENTS = "clients"
_Given = Mapping[tuple[str, str], int]
"""The number each record will get, by collection and id, if it comes to that."""


def _looked_at(written: Written) -> Iterator[tuple[str, str | None]]:
    if written.after:
        yield _CLIENTS, written.after.get("client_id")


async def _numbers(draft: Draft, writes: Sequence[Written]) -> _Given:
    await read_settings(draft)
    wanting: dict[str, dict[str, None]] = {}
    typed: dict[str, list[int]] = {}
    for written in writes:
        name, record_id = _name(written), str(written.key[1])
        if written.after is None:
            continue
        number = written.after[NUMBERED[name]]
        if number is not None:
            typed.setdefault(name, []).append(number)
        elif name != _CLIENTS:
            wanting.setdefault(name, {})[record_id] = None
        if client := _client_to_number(written, draft.work, {}):
            wanting.setdefault(_CLIENTS, {})[client] = None
    # Asked once more in the same transaction, nobody is given another number.
    _, before = draft.work.made.get(_numbers, (None, {}))
    given = {of: number for of, number in before.items() if number not in typed.get(of[0], ())}
    fresh = {name: [each for each in ids if (name, each) not in given] for name, ids in wanting.items()}
    taken = await take(draft.session, {name: len(ids) for name, ids in fresh.items()}, typed)
    for name, ids in fresh.items():
        given |= {(name, each): number for each, number in zip(ids, taken.get(name, ()), strict=True)}
    draft.work.made[_numbers] = None, given
    return given


@on_write(*NUMBERED, looks_at=_looked_at, asks=_numbers)
def number(written: Written, work: Work) -> None:
    """Give a record its number, and the client theirs if this is the moment; one that is there stays."""
    if written.after is None:
        return
    name, given = _name(written), cast("_Given", work.answer or {})
    if name != _CLIENTS and written.after[NUMBERED[name]] is None:
        written.after[NUMBERED[name]] = given.get((name, str(written.key[1])))
    client = _client_to_number(written, work, given)
    if client is None:
        return
    if name == _CLIENTS:
        written.after[NUMBERED[name]] = given.get((name, client))
    elif work.find(_CLIENTS, client):
        work.set(_CLIENTS, client, client_number=given.get((_CLIENTS, client)))


def _client_to_number(written: Written, work: Work, given: _Given) -> str | None:
    """Return the client who is to have a number by a write and has none, if there is one."""
    after, settings = written.after or {}, settings_of(work)
    moment, name = settings["client_number_moment"], _name(written)
    if name != _CLIENTS:
        client = after.get("client_id")
        known = work.find(_CLIENTS, client) or {}
        is_time = _is_first(name, moment, after) and written.changes("client_id", "invoice_type")
        return client if is_time and known.get("client_number") is None else None
    if after["client_number"] is not None:
        return None
    if moment == ClientNumberMoment.CREATION:
        is_time = written.is_new
    elif moment == ClientNumberMoment.STATUS:
        is_time = _has_reached(settings["client_number_status_id"], written)
    else:
        is_time = written.is_new and _is_booked(str(written.key[1]), moment, work, given)
    return str(written.key[1]) if is_time else None


def _is_first(name: str, moment: str, after: Values) -> bool:
    """Say whether a session or an invoice makes a client of a prospect; an estimate is a mere question."""
    if name == "sessions":
        return moment == ClientNumberMoment.FIRST_SESSION
    is_sale = name == "invoices" and after["invoice_type"] != InvoiceType.ESTIMATE
    return is_sale and moment == ClientNumberMoment.FIRST_INVOICE


def _is_booked(client: str, moment: str, work: Work, given: _Given) -> bool:
    """Say whether a client, made only now, has been booked earlier in the same transaction."""
    return (_CLIENTS, client) in given and any(
        fields.get("client_id") == client and _is_first(name, moment, fields)
        for name in ("sessions", "invoices")
        for _, fields in work.changed(name)
    )


def _has_reached(status: str | None, written: Written) -> bool:
    return (
        status is not None
        and written.changes("status_id")
        and (written.after or {}).get("status_id") == status
    )


def _name(written: Written) -> str:
    return registry.numbered(written.key[0]).name
