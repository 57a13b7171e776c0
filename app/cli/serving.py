"""`serve` and `migrate`."""

import os

import uvicorn

from app.cli.demo import make_demo, say_how_to_sign_in
from app.cli.ground import console, migrated, run
from app.core.settings import settings


def serve() -> None:
    """Migrate, make the demo studio at the first start, and serve."""
    chosen = settings()
    with migrated() as url:
        os.environ["DATABASE_URL"] = url
        settings.cache_clear()
        if chosen.demo_clients:
            run(make_demo(url, chosen, chosen.demo_clients))
        say_how_to_sign_in(chosen)
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            host=chosen.host,
            port=chosen.port,
            workers=chosen.workers,
            loop="uvloop",
            http="httptools",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            log_level=chosen.log_level.lower(),
        )


def migrate() -> None:
    """Bring the database up to date."""
    with migrated():
        console.print("The database is up to date.")
