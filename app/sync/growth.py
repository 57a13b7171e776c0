"""Bringing an account's feed up to the schema version the declarations have reached."""

from collections.abc import Callable
from uuid import UUID

from app.core.db import Database, WriteSession
from app.core.ids import NIL
from app.core.principal import Principal
from app.sync import feed, records, registry
from app.sync.comparing import compare
from app.sync.registry import Collection
from app.sync.upkeep import mend

PAGE = 1_000
Progress = Callable[[int, int], None]
"""Told how many records were looked at, and of how many."""


async def upgrade(database: Database, who: Principal, progress: Progress | None = None) -> int | None:
    """Render what later schema versions added, then let phones have it; return how many rows that were.

    None when there is nothing to do. Phones hear nothing of a row that was rendered anew: when all are, the
    account's schema version is raised, and a phone that knows the new one gets what it lacks by the
    difference of its scopes. A row that is wrong in other ways is mended, as a change phones hear of. What
    was done stays done when it is cut; a later call does the rest.
    """
    newest = registry.schema_version()
    async with database.reading(who.account_id) as session:
        present = await feed.schema_of(session)
        if present >= newest:
            return None
        grown = _grown(present)
        total = sum([await records.count(session, each) for each in grown])
    rendered = seen = 0
    for collection in grown:
        after: UUID | None = NIL
        while after is not None:
            done, looked, after = await _upgrade_page(database, who, collection, after, present)
            rendered, seen = rendered + done, seen + looked
            if progress:
                progress(seen, max(seen, total))
    async with database.writing(who.account_id) as session:
        await feed.raise_schema(session, newest)
    return rendered


def _grown(present: int) -> list[Collection]:
    """Return the collections whose rows may be other ones than before, children before their parents.

    Parents too: an app that does not know a kind of child forgets its days when it stamps them.
    """
    newer = [each for each in registry.collections() if each.newest > present]
    parents = {parent.number for each in newer for parent in _above(each)}
    return [each for each in reversed(registry.collections()) if each in newer or each.number in parents]


def _above(collection: Collection) -> list[Collection]:
    parents = [parent for link in collection.parents if (parent := registry.named(link.link or ""))]
    return [*parents, *(above for parent in parents for above in _above(parent))]


async def _upgrade_page(
    database: Database, who: Principal, collection: Collection, after: UUID, present: int
) -> tuple[int, int, UUID | None]:
    """Look at one page, and take a turn only when something is to be done.

    Return how many rows that was, how many records the page has, and where the next one begins, if any does.
    """
    async with database.reading(who.account_id) as session:
        page = await records.page_after(session, collection, after, PAGE)
        found = await compare(session, collection, page, present)
    differing = [*found.wrong, *(row.key[1] for row in found.outdated)]
    if differing:
        async with database.writing(who.account_id) as turn:
            await _mend(turn, who, collection, differing, present)
    return len(differing), len(page), max(page) if len(page) == PAGE else None


async def _mend(
    session: WriteSession, who: Principal, collection: Collection, ids: list[UUID], present: int
) -> None:
    """Compare again in the account's turn: others may have written since."""
    found = await compare(session, collection, await records.some(session, collection, ids), present)
    if found.outdated:
        await feed.render_anew(session, found.outdated, found.turn)
    if found.wrong:
        await mend(session, who, collection, found.wrong)
