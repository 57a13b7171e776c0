"""`work`: does what is to be done by itself, and sends letters, in a process of its own."""

import asyncio
import signal

from app.cards.processors import Processors
from app.cards.till import Till
from app.cli.demo import require_no_open_demo
from app.cli.ground import console, database, migrated, run
from app.cli.means import require_means
from app.core import logs
from app.core.db import listening
from app.core.exposition import measured
from app.core.settings import Settings, settings
from app.core.vault import load_vault
from app.core.watch import Watch
from app.galleries.files import opened as files_of
from app.galleries.tending import Tending
from app.main import Works


def work() -> None:
    """Do by itself what a server does, and send letters, without answering anybody; any number may work."""
    chosen = settings()
    with migrated() as url:
        require_means(chosen, 1)
        run(require_no_open_demo(url, chosen))
        logs.start(chosen.log_level, chosen.log_format)
        console.print("At work.")
        run(working(chosen, url))


async def working(chosen: Settings, url: str) -> None:
    """Work until told to stop, and then bring the letters under way to an end."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    vault, processors = load_vault(chosen), Processors(chosen)
    async with database(url) as made:
        till = Till(made, vault, processors)
        tending = Tending(made, files_of(chosen), chosen.picture_workers)
        connect = listening(chosen.listen_database_url or url)
        works = Works(chosen, connect, made, vault, till, tending)
        watch = Watch(connect, chosen.data_dir)
        with measured(chosen, 1):
            running = [asyncio.create_task(each) for each in (*works.begun(), watch.run())]
            await told.wait()
            for each in running:
                each.cancel()
            await asyncio.wait(running)
        await processors.close()
