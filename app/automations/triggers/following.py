"""What follows for triggers from what others do: templates and filters that go, letters that end."""

from uuid import UUID

from app.automations.triggers import store
from app.automations.triggers.noting import Note, note
from app.core.db import WriteSession
from app.core.events import hears
from app.core.principal import Principal
from app.desk.hubs.events import FilterRemoved
from app.outbox import list_store
from app.outbox.posting import LetterEnded
from app.outbox.states import Channel, Purpose, State
from app.outbox.words import Words
from app.templates.errors import TemplateInUse
from app.templates.events import TemplateRemoved


@hears(TemplateRemoved)
async def keep_templates(session: WriteSession, who: Principal, event: TemplateRemoved) -> None:
    """Refuse that a template goes by which a trigger that works sends; others stand still from now on."""
    del who
    if await store.sends(session, event.template_id):
        raise TemplateInUse
    await store.pause_for_template(session, event.template_id)


@hears(FilterRemoved)
async def stand_still(session: WriteSession, who: Principal, event: FilterRemoved) -> None:
    """Have the triggers of a filter stand still: without it they would reach whoever it kept out."""
    del who
    await store.pause_for_filter(session, event.filter_id)


@hears(LetterEnded)
async def follow_letter(session: WriteSession, who: Principal, event: LetterEnded) -> None:
    """Write into the history of a record what has become of the letter it has caused."""
    del who
    if event.purpose is not Purpose.TRIGGER or event.occurrence_id is None:
        return
    found = await store.letter_ended(session, event.occurrence_id, event.state.value)
    if found is not None:
        happened = await _happened(session, event.letter_id, event.channel, event.state, event.words)
        await note(session, [Note(*found, happened)])


async def _happened(
    session: WriteSession, letter_id: UUID, channel: Channel, state: State, words: Words | None
) -> str:
    row = await list_store.letter(session, letter_id)
    content, to = (row["content"] or {}, row["to_addresses"]) if row else ({}, [])
    subject = content.get("subject")
    letter = "Text" if channel is Channel.TEXT else f'Email "{subject}"' if subject else "Email"
    if state is State.SENT:
        return f"{letter} sent to {', '.join(to)}" if to else f"{letter} sent"
    if state is State.CANCELLED:
        return f"{letter} cancelled"
    return f"{letter} could not be sent: {words.sentence}" if words else f"{letter} could not be sent"
