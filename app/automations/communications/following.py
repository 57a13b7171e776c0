"""What communications hear: clients who are merged, and templates that somebody wants to remove."""

from collections.abc import Sequence

from app.automations.communications import store
from app.core.db import WriteSession
from app.core.events import hears
from app.core.principal import Principal
from app.galleries.merging import merged
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last
from app.templates.errors import TemplateInUse
from app.templates.events import TemplateRemoved


@at_last("clients")
async def follow_clients(draft: Draft, written: Sequence[Written]) -> None:
    """Let what leads to a client who was merged lead to who stays: sessions and invoices do so too."""
    for gone, stays in await merged(draft, written):
        await store.move_client(draft.session, gone, stays)


@hears(TemplateRemoved)
async def keep_what_is_used(session: WriteSession, who: Principal, event: TemplateRemoved) -> None:
    """Refuse to remove a template by which letters are still to be made."""
    del who
    if await store.is_used(session, event.template_id):
        raise TemplateInUse
