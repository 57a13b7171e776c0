"""Conversions: an appointment that becomes a session."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from pydantic import Field

from app.core.principal import Level
from app.studio.status_notes import line
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.fields import Element, Id, Line
from app.sync.refusals import AlreadyExists, InvalidFields
from app.sync.schemas import Change, Operation

_KEPT = (
    "client_id",
    "description",
    "date",
    "start_time",
    "end_time",
    "studio_id",
    "resource_ids",
    "location_id",
    "location_other",
    "booked_by_id",
    "is_confirmed",
    "is_cancelled",
    "notes",
)


class ConvertToSession(Element):
    """Make a session of an appointment."""

    session_id: Id | None = Field(
        None,
        description="The id of the new session; left out, the server makes one.",
        examples=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a5001"],
    )
    session_type_id: Id | None = Field(None, description="The kind of session.", examples=[None])
    description: Line | None = Field(
        None, description="What it is; left out, what the appointment was.", examples=["Family portrait"]
    )


async def _read(call: Call) -> None:
    await call.judge.load([_session(call)])
    await call.work.draft.load_referring([call.key])
    await call.work.draft.prepare([(call.key, None)])


@command(
    "convert_to_session",
    of=("appointments",),
    takes=ConvertToSession,
    prepares=_read,
    level=Level.ADD_MODIFY_DELETE,
)
def convert_to_session(call: Call) -> Mapping[str, Any]:
    """Make a session of an appointment, which is deleted; its first user photographs, the second assists."""
    if call.fields["client_id"] is None:
        raise InvalidFields({"client_id": "A session needs a client."})
    new = _session(call)
    key = registry.number_of("sessions"), new.id
    state = call.work.draft.peek(key)
    if state is not None and not state.is_deleted:
        raise AlreadyExists
    call.work.draft.remove(call.key)
    call.judge.take(new)
    told = [
        call.work.draft.fields(key)["status_notes"],
        line(call.work, f"Converted from an appointment: {call.fields['description']}"),
        call.fields["status_notes"],
    ]
    call.work.draft.amend(key, {"status_notes": "\n".join(each for each in told if each)[:20_000]})
    if len(call.fields["user_ids"]) > 2:  # noqa: PLR2004 - a photographer and an assistant
        left_out = [UUID(each) for each in call.fields["user_ids"][2:]]
        call.work.warn(
            "users_left_out", "A session has one photographer and one assistant.", records=left_out
        )
    return {}


def _session(call: Call) -> Change:
    fields = {name: call.fields[name] for name in _KEPT}
    fields |= dict(zip(("photographer_id", "assistant_id"), call.fields["user_ids"], strict=False))
    fields |= call.sent.model_dump(mode="json", include={"session_type_id", "description"}, exclude_none=True)
    return Change(
        n=1,
        collection="sessions",
        id=call.sent.session_id or uuid5(call.key[1], "session"),
        op=Operation.CREATE,
        fields=fields,
    )
