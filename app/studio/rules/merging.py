"""Merging: two clients who are one become one, with all that belonged to either."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from app.accounts.features import Feature, declare
from app.core.principal import Level
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.feed import Key
from app.sync.fields import Element, Values
from app.sync.links import renamed
from app.sync.refusals import InvalidFields, UnknownReference
from app.sync.rendering import EMPTY
from app.sync.validation import InvalidFieldsError, canonical

CLIENT_MERGE = declare(
    Feature("client_merge", "Client merge", "Making one client of two, for good.", Level.NO_ACCESS)
)
_MOST_HISTORY = 20_000
_TOGETHER = (
    ("new_address", "new_address_date"),
    ("status_id", "status_due_date", "status_reason"),
    ("lead_source_id", "lead_source_other"),
)
"""Fields of which one without the others would say something new."""
_OWN = ("client_type", "balance", "unapplied_deposits", "notes", "status_notes", "custom")


class Merge(Element):
    """Move all that belongs to a client to another, and delete the one that is left with nothing."""

    into: UUID = Field(description="The client who stays.", examples=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001"])


def _survivor(call: Call) -> Key:
    return call.work.draft.survivor((call.key[0], call.sent.into))


async def _read(call: Call) -> None:
    draft = call.work.draft
    into = call.key[0], call.sent.into
    await draft.load([into])
    await draft.load_survivors([into])
    await draft.load_everything_referring(call.key)
    if call.fields["family"]:
        await draft.load(_moving_sessions(call))


def _are_one(call: Call) -> bool:
    return call.sent.into != call.key[1] and _survivor(call) == call.work.draft.survivor(call.key)


@command(
    "merge",
    of=("clients",),
    takes=Merge,
    prepares=_read,
    is_done=_are_one,
    level=Level.ADD_MODIFY_DELETE,
    needs={CLIENT_MERGE: Level.FULL_ACCESS},
)
def merge(call: Call) -> Mapping[str, Any]:
    """Merge a client into another: records move, empty fields are filled, notes joined, balances added."""
    draft, into = call.work.draft, _survivor(call)
    if into == call.key:
        raise InvalidFields({"into": "A client cannot be merged into the same client."})
    state = draft.peek(into)
    if state is None or state.values is None:
        raise UnknownReference({"into": UnknownReference.message})
    participants = _participants(call, draft.fields(into)["family"])
    draft.merge(call.key, into)
    for session, named in participants.items():
        draft.amend(session, {"participants": named})
    fields = {**draft.fields(into), **_united(draft.fields(into), call.fields)}
    if fields["referred_by_id"] in (str(call.key[1]), str(into[1])):
        fields["referred_by_id"] = None
    try:
        draft.amend(into, canonical(registry.numbered(into[0]), fields))
    except InvalidFieldsError as error:
        raise InvalidFields(error.reasons) from None
    return {}


def _participants(call: Call, family: list[Values]) -> dict[Key, list[Values]]:
    """Return the participants of the sessions that move, with members of the family as the other has them."""
    known = {_person(each): UUID(each["id"]) for each in family}
    names = {
        UUID(each["id"]): known[_person(each)] for each in call.fields["family"] if _person(each) in known
    }
    draft = call.work.draft
    return {
        key: renamed(draft.fields(key)["participants"], names)
        for key in (_moving_sessions(call) if names else ())
        if draft.peek(key)
    }


def _moving_sessions(call: Call) -> list[Key]:
    number = registry.number_of("sessions")
    return [each.key for each in call.work.draft.referring(call.key) if each.key[0] == number]


def _united(stays: Values, goes: Values) -> Values:
    """Return the fields of the client who stays that the other one has something to add to."""
    bound = {name for names in _TOGETHER for name in names}
    filled = {
        name: goes[name] for name in stays if name not in bound and name not in _OWN and stays[name] in EMPTY
    }
    for names in _TOGETHER:
        if all(stays[name] in EMPTY for name in names):
            filled |= {name: goes[name] for name in names}
    return {
        **filled,
        "phones": _added(stays["phones"], goes["phones"], _digits),
        "family": _added(stays["family"], goes["family"], _person),
        "group_ids": list(dict.fromkeys([*stays["group_ids"], *goes["group_ids"]])),
        "saved_cards": _cards(stays["saved_cards"], goes["saved_cards"]),
        "balance": stays["balance"] + goes["balance"],
        "unapplied_deposits": stays["unapplied_deposits"] + goes["unapplied_deposits"],
        "notes": _joined(stays["notes"], goes["notes"]),
        "status_notes": (_joined(stays["status_notes"], goes["status_notes"]) or "")[-_MOST_HISTORY:] or None,
        "custom": _filled(stays["custom"], goes["custom"]),
    }


def _added(stays: list[Values], goes: list[Values], same: Any) -> list[Values]:
    """Return the elements of both, one that both have once, as the one who stays has it."""
    known = {same(each) for each in stays} | {each["id"] for each in stays}
    return [*stays, *(each for each in goes if same(each) not in known and each["id"] not in known)]


def _cards(stays: list[Values], goes: list[Values]) -> list[Values]:
    """Return the cards of both, of which the usual one stays the usual one."""
    has_default = any(each["is_default"] for each in stays)
    added = [{**each, "is_default": each["is_default"] and not has_default} for each in goes]
    return _added(stays, added, lambda each: each["id"])


def _digits(phone: Values) -> str:
    return "".join(each for each in phone["number"] if each.isdigit()) or phone["number"]


def _person(member: Values) -> tuple[Any, ...]:
    return tuple((member[name] or "").strip().lower() for name in ("first_name", "last_name", "birthday"))


def _joined(one: str | None, other: str | None) -> str | None:
    return "\n\n".join(dict.fromkeys(each for each in (one, other) if each)) or None


def _filled(stays: Values | None, goes: Values | None) -> Values | None:
    """Return the company's own fields, the empty ones filled."""
    if not stays or not goes:
        return stays or goes
    return {name: goes[name] if stays[name] in EMPTY else stays[name] for name in stays}
