"""`simulator serve`, `simulator ledger` and `simulator behaviours`."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from app.cli.ground import fail, print_table
from app.core.settings import settings
from app.simulator.control import table
from app.simulator.ledger import Ledger
from app.simulator.process import PRODUCTION, run
from app.simulator.server import LOOPBACK, Options, RefusedInProduction

cli = typer.Typer(no_args_is_help=True, help="A simulator of the card processor TransIT; it charges nobody.")
_PORT = {"min": 0, "max": 65535}
LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", help="The ledger's file; by default simulator.sqlite under DATA_DIR."),
]


@cli.command()
def serve(
    *,
    ledger: LedgerFile = None,
    port: Annotated[int, typer.Option(help="Port for callers; 0 takes a free one.", **_PORT)] = 0,
    control_port: Annotated[int, typer.Option(help="Port to control it, on this machine.", **_PORT)] = 0,
    host: Annotated[str, typer.Option(help="Address for callers.")] = LOOPBACK,
    merchants: Annotated[
        Path | None, typer.Option(help="JSON with the merchants; a demo merchant if there is none.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM of a certificate: callers use TLS then.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM of its key.")] = None,
    until_input_ends: Annotated[bool, typer.Option(help="Stop at the end of standard input.")] = False,
    environment: Annotated[
        str, typer.Option(envvar="ENVIRONMENT", help="Refused unless it is development.")
    ] = PRODUCTION,
) -> None:
    """Answer as the processor would, until a signal stops it; prints where it is reached and controlled."""
    options = Options(_file(ledger), port, control_port, host, certificate, key, merchants)
    try:
        asyncio.run(run(options, environment=environment, until_input_ends=until_input_ends, tell=typer.echo))
    except (RefusedInProduction, OSError, ValueError, sqlite3.Error) as refused:
        fail(str(refused))


@cli.command("ledger")
def show(
    *,
    ledger: LedgerFile = None,
    reference: Annotated[str | None, typer.Option(help="Only what is under this reference.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All tables, as JSON.")] = False,
) -> None:
    """Print what is in the books, and what is booked net; also while a simulator writes them."""
    path = _file(ledger)
    if not path.is_file():
        fail(f"There is no ledger {path}.")
    try:
        books = Ledger(path)
        records = books.records(reference)
    except sqlite3.DatabaseError:
        fail(f"{path} is no ledger.")
    books.close()
    if as_json:
        typer.echo(json.dumps(records, indent=2))
        return
    net = {each["transaction_id"]: each["net"] for each in records["booked"]}
    print_table(
        ("reference", "operation", "asked", "approved", "code", "voided", "batch", "net"),
        [
            (
                each["reference"],
                each["operation"],
                _dollars(each["asked"]),
                _dollars(each["processed"]),
                each["code"],
                each["voided_at"] or "",
                str(each["batch"] or ""),
                _dollars(net.get(each["id"])),
            )
            for each in records["transactions"]
        ],
    )


@cli.command()
def behaviours() -> None:
    """List all it does: how each is known, and by which amount or test card it is chosen."""
    rows = [
        (
            each["name"],
            each["source"],
            _dollars(each["amount"]),
            " ".join(each["cards"]),
            each["told"],
        )
        for each in table()
    ]
    print_table(("behaviour", "source", "amount", "cards", "what it does"), rows)


def _file(ledger: Path | None) -> Path:
    return ledger or settings().data_dir / "simulator.sqlite"


def _dollars(cents: int | None) -> str:
    return "" if cents is None else f"{cents / 100:,.2f}"
