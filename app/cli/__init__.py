"""What an operator types: `python -m app --help`."""

import typer

from app.cli import (
    account,
    clients,
    demo,
    distribute,
    doctor,
    documents,
    feed,
    finances,
    leaving,
    scope,
    serving,
    settings_page,
    simulator,
    working,
)
from app.cli.ground import check_settings

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The studio's sync server.",
)
cli.callback()(check_settings)
cli.command()(serving.serve)
cli.command()(serving.migrate)
cli.command()(distribute.distribute)
cli.command()(working.work)
cli.command()(doctor.doctor)
cli.command()(demo.demo)
cli.command()(documents.openapi)
cli.command()(documents.docs)
cli.command()(documents.collections)
cli.command("settings")(settings_page.settings_page)
cli.add_typer(feed.cli, name="feed")
cli.add_typer(finances.cli, name="finances")
cli.add_typer(clients.cli, name="clients")
account.cli.command()(leaving.export)
account.cli.command()(leaving.erase)
cli.add_typer(account.cli, name="account")
cli.add_typer(leaving.person, name="person")
cli.add_typer(scope.cli, name="scope")
cli.add_typer(simulator.cli, name="simulator")
