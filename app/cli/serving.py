"""`serve` and `migrate`."""

import os
import resource
import socket
from contextlib import suppress

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.cli.demo import make_demo, require_no_open_demo, say_how_to_sign_in
from app.cli.demo_cards import simulated_cards
from app.cli.feed import trim_all, upgrade_all
from app.cli.ground import console, fail, migrated, reached, run
from app.cli.means import require_means
from app.core import logs
from app.core.settings import Settings, settings
from app.http.heads import BoundedHttp

_OUT_OF_REACH = 60_000
"""Milliseconds after which a connection is given up whose peer takes nothing in."""

_KEPT_OPEN = 75
"""Seconds without a request after which a connection is closed: longer than most proxies and clients keep it.

Where the server hangs up first, what is sent at that moment is lost without an answer.
"""


def serve() -> None:
    """Migrate, make the demo studio at the first start, and serve."""
    chosen = settings()
    with _listening(chosen) as listener, migrated() as url:
        if chosen.database_url is None:
            run(upgrade_all(url))
            run(trim_all(url))
            os.environ["DATABASE_URL"] = url
            settings.cache_clear()
        else:
            run(reached(url))
        require_means(chosen, chosen.workers)
        run(require_no_open_demo(url, chosen))
        chosen = chosen.model_copy(update={"port": listener.getsockname()[1]})
        if chosen.demo_size:
            run(make_demo(url, chosen, chosen.demo_size))
        say_how_to_sign_in(chosen)
        with simulated_cards(chosen, url) as chosen, suppress(KeyboardInterrupt):
            settings.cache_clear()
            _serve(chosen, listener)


def migrate() -> None:
    """Bring the database up to date."""
    with migrated():
        console.print("The database is up to date.")


def _listening(chosen: Settings) -> socket.socket:
    """Take the port before anything is written or said: it may be another server's."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        listener = socket.create_server((chosen.host, chosen.port), family=family, backlog=2048)
    except OSError as refusal:
        fail(f"HOST, PORT: {refusal.strerror}.")
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Each connection inherits it. Otherwise a phone that is out of reach would hold its stream for long.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _OUT_OF_REACH)
    return listener


def _allow_many_connections() -> None:
    """Raise the soft limit of open files, often 1024, to the hard one: each live stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _serve(chosen: Settings, listener: socket.socket) -> None:
    _allow_many_connections()
    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        workers=chosen.workers,
        loop="uvloop",
        http=BoundedHttp,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEPT_OPEN,
        timeout_graceful_shutdown=10,
        log_config=logs.config(chosen.log_level, chosen.log_format),
    )
    if chosen.workers > 1:
        Multiprocess(config, [listener]).run()
        return
    server = uvicorn.Server(config)
    server.run([listener])
    if not server.started:
        raise typer.Exit(1)
