"""The inbox: what a user sent and the server did not keep, until a person has decided what becomes of it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from app.core.db import Session
from app.core.ids import timed_id
from app.core.principal import Principal
from app.sync import registry, tallies
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Instant, Line, Values, field
from app.sync.judging import Judge, Ruling, key_of
from app.sync.refusals import ChangeRefused, InvalidFields, Resolved
from app.sync.registry import Record, collection
from app.sync.schemas import Change, Operation, Outcome
from app.sync.scope import Rule
from app.sync.sight import names_hidden
from app.sync.validation import canonical

INBOX = "inbox"
_NUMBER = 900
_DAYS_AFTER = 30
_MOST = 200


class Resolution(StrEnum):
    """What a person decided."""

    TAKE_MINE = "take_mine"
    KEEP_THEIRS = "keep_theirs"
    DISMISS = "dismiss"


def _belonging(given: Circumstances) -> Rule:
    return Rule(lo=given.ago(_DAYS_AFTER))


def _is_open(values: Values) -> bool:
    return values["resolution"] is None


@collection(
    INBOX,
    number=_NUMBER,
    stamp=Stamp(day="date", is_pinned=_is_open, pinned="not decided yet", owners=("user_id",), private=True),
    rule=_belonging,
    is_writable=False,
    is_kept_by_server=True,
    is_open=True,
    is_audited=False,
    is_for_people=True,
)
class InboxEntry(Record):
    """Something a device sent that was not kept as sent; seen by whoever sent it and by administrators."""

    user_id: Id | None = field(
        "Who sent it.", example="5a1f2c3d-0d6e-4c0b-9f43-6f3c1a900001", default=None, is_read_only=True
    )
    device_id: Id | None = field(
        "From which device.", example="5a1f2c3d-0d6e-4c0b-9f43-6f3c1a900002", default=None, is_read_only=True
    )
    date: Day = field("Local date it arrived.", example="2026-06-13", is_read_only=True)
    client_time: Instant | None = field(
        "When it was typed, by the device's clock.",
        example="2026-06-13T15:04:05Z",
        default=None,
        is_read_only=True,
    )
    collection: Line = field("The collection it was meant for.", example="clients", is_read_only=True)
    record_id: Id = field(
        "The record it was meant for.", example="8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11", is_read_only=True
    )
    operation: Operation = field("What was to be done.", example="patch", is_read_only=True)
    command: Line | None = field(
        "Which command, for `command`.", example=None, default=None, is_read_only=True
    )
    verdict: Outcome = field("The verdict it got.", example="merged", is_read_only=True)
    code: Line = field("Why, for programs.", example="changed_meanwhile", is_read_only=True)
    message: Line = field(
        "Why, for people.",
        example="Somebody else changed this meanwhile; their change was kept.",
        is_read_only=True,
    )
    reasons: dict[str, str] = field(
        "The same by field.",
        example={"last_name": "The value on the server was kept."},
        default={},
        is_read_only=True,
    )
    typed: dict[str, Any] = field(
        "What was sent and not kept, by field.",
        example={"last_name": "Doe-Miller"},
        default={},
        is_read_only=True,
    )
    kept: dict[str, Any] | None = field(
        "What the server had instead, of the same fields; none where there was no record.",
        example={"last_name": "Doe"},
        default=None,
        is_read_only=True,
    )
    resolution: Resolution | None = field(
        "What was decided; none while it is open.", example=None, default=None, is_read_only=True
    )
    resolved_at: Instant | None = field("When.", example=None, default=None, is_read_only=True)
    resolved_by_id: Id | None = field("By which user.", example=None, default=None, is_read_only=True)


class Resolve(Element):
    """Decide what becomes of an entry of the inbox."""

    resolution: Resolution = Field(
        description="`take_mine` does what was typed after all; the others leave the record as it is.",
        examples=["take_mine"],
    )
    fields: dict[str, Any] | None = Field(
        None,
        description="With `take_mine`: fields with other values than were typed, or that were not typed.",
        examples=[None, {"email": "hart@example.com"}],
    )
    keep: list[str] = Field(
        [],
        max_length=_MOST,
        description="With `take_mine`: fields that were typed and are not taken: they stay as they are.",
        examples=[[], ["last_name"]],
    )
    record_revision: int | None = Field(
        None,
        ge=0,
        description="The `revision` of the record as it was shown to whoever decides, 0 where there was none."
        " If it is another by now, nothing is done: `record_changed`. None decides whatever is there.",
        examples=[None, 17],
    )


def keep(
    judge: Judge, who: Principal, lost: Iterable[tuple[Change, Ruling | ChangeRefused]]
) -> dict[int, UUID]:
    """Keep what was lost of some changes, and return the entry of each by its number."""
    entries: dict[int, UUID] = {}
    for change, decision in lost:
        # What was to be decided stays in the inbox as it is.
        if change.collection != INBOX:
            values = canonical(registry.numbered(_NUMBER), _entry(judge, who, change, decision))
            # Those that are open stand on one day, in the order of their ids.
            entries[change.n] = timed_id(judge.draft.work.now, len(entries))
            judge.draft.make((_NUMBER, entries[change.n]), values)
    return entries


async def count_open(session: Session, who: Principal) -> int:
    """Return how many entries nobody has decided yet, of those somebody may see: by a kept count."""
    return await tallies.at_hand(session, _NUMBER, None if who.is_administrator else str(who.user_id))


async def _read(call: Call) -> None:
    if call.fields["resolution"] is None:
        change = _again(call)
        await call.judge.load([change])
        if (redirected := call.judge.redirected(change)) is not change:
            await call.judge.load([redirected])


@command("resolve", of=(INBOX,), takes=Resolve, prepares=_read)
def resolve(call: Call) -> Mapping[str, Any]:
    """Decide what becomes of an entry; `take_mine` is refused for the same reasons as any change."""
    if call.fields["resolution"] is not None:
        raise Resolved
    change = _again(call)
    if call.sent.record_revision is not None:
        call.judge.require_shown(change, call.sent.record_revision)
    if call.sent.resolution == Resolution.TAKE_MINE:
        call.judge.take(change)
    return {
        "resolution": call.sent.resolution,
        "resolved_at": call.work.now.isoformat(),
        "resolved_by_id": str(call.work.who.user_id) if call.work.who.user_id else None,
    }


def _again(call: Call) -> Change:
    """Return what was sent as a change to be judged once more: without what is kept, and put right."""
    entry, sent = call.fields, call.sent
    taken, right = entry["typed"], sent.fields or {}
    if any(name not in taken or name in right for name in sent.keep):
        raise InvalidFields({"keep": "Only what was typed can be kept from being taken."})
    return Change(
        n=1,
        collection=entry["collection"],
        id=UUID(entry["record_id"]),
        op=Operation(entry["operation"]),
        command=entry["command"],
        fields={**{name: value for name, value in taken.items() if name not in sent.keep}, **right},
    )


def _entry(judge: Judge, who: Principal, change: Change, decision: Ruling | ChangeRefused) -> dict[str, Any]:
    is_part = decision.outcome is Outcome.MERGED
    typed = {
        name: value for name, value in change.fields.items() if not is_part or name in (decision.fields or {})
    }
    return {
        "user_id": str(who.user_id) if who.user_id else None,
        "device_id": str(who.device_id) if who.device_id else None,
        "date": judge.draft.work.today.isoformat(),
        "client_time": change.typed_at.isoformat() if change.typed_at else None,
        "collection": change.collection[:_MOST],
        "record_id": str(change.id),
        "operation": change.op,
        "command": change.command[:_MOST] if change.command else None,
        "verdict": decision.outcome,
        "code": decision.code,
        "message": decision.message,
        "reasons": decision.fields or {},
        "typed": typed,
        "kept": _kept(judge, change, typed),
    }


def _kept(judge: Judge, change: Change, names: Iterable[str]) -> Values | None:
    """Return what a record has in some fields, as far as its user may see it."""
    key = key_of(change)
    state = judge.draft.peek(key) if key else None
    if key is None or state is None or state.values is None or not judge.may_see(key, state):
        return None
    hidden = names_hidden(registry.numbered(key[0]), judge.rights[key[0]])
    return {name: state.values[name] for name in names if name in state.values and name not in hidden}
