"""`serve` and `migrate`."""

import os
import socket
from contextlib import suppress

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.cli.demo import make_demo, say_how_to_sign_in
from app.cli.feed import upgrade_all
from app.cli.ground import console, fail, migrated, run
from app.core.settings import Settings, settings


def serve() -> None:
    """Migrate, make the demo studio at the first start, and serve."""
    chosen = settings()
    with _listening(chosen) as listener, migrated() as url:
        if chosen.database_url is None:
            run(upgrade_all(url))
        os.environ["DATABASE_URL"] = url
        settings.cache_clear()
        chosen = chosen.model_copy(update={"port": listener.getsockname()[1]})
        if chosen.demo_clients:
            run(make_demo(url, chosen, chosen.demo_clients))
        say_how_to_sign_in(chosen)
        with suppress(KeyboardInterrupt):
            _serve(chosen, listener)


def migrate() -> None:
    """Bring the database up to date."""
    with migrated():
        console.print("The database is up to date.")


def _listening(chosen: Settings) -> socket.socket:
    """Take the port before anything is written or said: it may be another server's."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        return socket.create_server((chosen.host, chosen.port), family=family, backlog=2048)
    except OSError as refusal:
        fail(f"HOST, PORT: {refusal.strerror}.")


def _serve(chosen: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        workers=chosen.workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        log_level=chosen.log_level.lower(),
    )
    if chosen.workers > 1:
        Multiprocess(config, [listener]).run()
        return
    server = uvicorn.Server(config)
    server.run([listener])
    if not server.started:
        raise typer.Exit(1)
