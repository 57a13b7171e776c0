"""Filling a studio through the store, as a demo or an import does."""

from functools import partial
from itertools import count, islice
from time import perf_counter, process_time

from app.core import clock
from app.demo.opening import TIME_ZONE, open_studio
from app.demo.scene import Scene
from app.demo.seeding import CHUNK, chunks
from app.demo.sign_in import new_password
from app.demo.stories import stories
from app.sync.store import write
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare

_NUMBERS = count(1)
_BODIES = "SELECT record_id, body FROM feed LIMIT $1"


async def fill(ground: Ground) -> list[Result]:
    """Measure records per second in chunks of 2,000; the limit is one INSERT of the same bodies per chunk."""
    await ground.direct.execute("DROP TABLE IF EXISTS filled; CREATE TABLE filled (id uuid, body bytea)")
    ways: dict[str, Way] = {
        "bare multi-row INSERT": partial(_insert, ground),
        "store.write": partial(_write, ground),
    }
    return await compare("fill", "records", ways, ground.size.rounds)


async def _insert(ground: Ground) -> Work:
    rows = await ground.direct.fetch(_BODIES, ground.size.filled)
    began = perf_counter()
    for first in range(0, len(rows), CHUNK):
        ids = [row["record_id"] for row in rows[first : first + CHUNK]]
        bodies = [row["body"] for row in rows[first : first + CHUNK]]
        await ground.insert("filled", ids, bodies)
    return Work(len(rows), sum(len(row["body"]) for row in rows), perf_counter() - began)


async def _write(ground: Ground) -> Work:
    """Tell the stories of a new studio first, then write them."""
    passwords = (new_password(), new_password())
    studio = await open_studio(ground.database, f"filled-{next(_NUMBERS)}", passwords)
    account_id = studio.who.account_id
    scene = Scene(account_id, 1, ground.size.clients, clock.today(TIME_ZONE), studio.staff)
    told = [chunk for chunk, _ in islice(chunks(stories(scene)), max(1, ground.size.filled // CHUNK))]
    began, cpu_began = perf_counter(), process_time()
    for chunk in told:
        async with ground.database.writing(account_id) as session:
            await write(session, studio.who, chunk)
    seconds, cpu_seconds = perf_counter() - began, process_time() - cpu_began
    return Work(sum(len(chunk) for chunk in told), seconds=seconds, cpu_seconds=cpu_seconds)
