"""Filling the demo studio with its records, in chunks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

import app.galleries.lifecycle  # noqa: F401 - gives galleries their addresses
from app.core import clock
from app.core.db import Database
from app.demo.galleries import open_galleries
from app.demo.opening import TIME_ZONE, open_studio
from app.demo.scene import Scene
from app.demo.sign_in import SignIn, new_password
from app.demo.stories import stories
from app.demo.triggers import switch_on
from app.galleries.files import Files
from app.sync.store import Write, write

ACCOUNT = "demo"
CHUNK = 2000

Progress = Callable[[int, int], None]
"""Told how many clients are done, and how many there will be."""


async def seed(
    db: Database,
    *,
    clients: int,
    seed: int = 1,
    account: str = ACCOUNT,
    passwords: tuple[str, str] | None = None,
    today: date | None = None,
    opened: Callable[[SignIn], object] | None = None,
    progress: Progress | None = None,
    files: Files | None = None,
    workers: int = 1,
) -> SignIn:
    """Make the demo studio with about twenty records per client, and return how to sign in.

    Its triggers work once all else is there.

    Where there are `files` to keep them in, galleries have pictures, whose smaller sizes so many `workers`
    make; without them they have none.

    The same seed on the same day makes the same records, but for the ids of the account, its users and its
    lists. `opened` is told how to sign in as soon as that works, before the long part. Raises
    `AccountNameTaken` where the studio already stands. Memory does not grow with the number of clients.
    """
    studio = await open_studio(db, account, passwords or (new_password(), new_password()))
    if opened:
        opened(studio.sign_in)
    account_id = studio.who.account_id
    scene = Scene(account_id, seed, clients, today or clock.today(TIME_ZONE), studio.staff)
    done = 0
    for chunk, told in chunks(stories(scene)):
        async with db.writing(account_id) as session:
            session.brings_history = True
            await write(session, studio.who, chunk)
        done += told
        if progress:
            progress(min(done, clients), clients)
    client = await open_galleries(db, files, studio.who, seed, workers=workers) if files else None
    await switch_on(db, studio.who)
    return replace(studio.sign_in, client=client) if client else studio.sign_in


def chunks(told: Iterable[list[Write]], size: int = CHUNK) -> Iterator[tuple[list[Write], int]]:
    """Gather stories into transactions of about a size, each with the number of stories in it.

    A story is never cut: its records appear on a phone together.
    """
    chunk: list[Write] = []
    count = 0
    for story in told:
        if chunk and len(chunk) + len(story) > size:
            yield chunk, count
            chunk, count = [], 0
        chunk += story
        count += 1
    if chunk:
        yield chunk, count
