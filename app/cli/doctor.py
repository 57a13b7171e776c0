"""`doctor`: whether all is well, and what mends what is not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy.engine import make_url

from app.cli.ground import account_of, blaming, console, database, fail, run
from app.core.db import connector
from app.core.embedded import Embedded
from app.core.settings import Settings, settings
from app.doctor.examining import examine
from app.doctor.patient import Account, Found, Patient, Severity, many

_READS = {"default_transaction_read_only": "on", "application_name": "studio doctor"}
"""What the server itself holds every connection to."""
_WARNED = 2


def doctor(
    *,
    account: Annotated[str | None, typer.Option(help="Look at one account alone.")] = None,
    is_quick: Annotated[bool, typer.Option("--quick", help="Leave out records and files.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print an object a line.")] = False,
) -> None:
    """Look whether all is well, change nothing, and say what mends what is not.

    Ends with 0 where all is well, with 2 where it will not be for long, and with 1 where it is not.
    """
    chosen = settings()
    with _reading(chosen) as (url, owner):
        counts = run(_examined(chosen, url, owner, account, is_quick=is_quick, is_json=is_json))
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    if is_json:
        typer.echo(json.dumps({"errors": errors, "warnings": warnings}))
    elif errors or warnings:
        console.print(f"{many(errors, 'error', 'errors')}, {many(warnings, 'warning', 'warnings')}.")
    else:
        console.print("All is well.")
    raise typer.Exit(1 if errors else _WARNED if warnings else 0)


@contextmanager
def _reading(chosen: Settings) -> Iterator[tuple[str, str]]:
    """Lend the URLs of the app and of who owns the tables, by which nothing can be written."""
    direct = chosen.listen_database_url or chosen.database_url
    if direct is not None:
        _, owner = chosen.migrated_by
        yield _unwriting(direct), _unwriting(owner or direct)
        return
    if not (chosen.data_dir / "postgres" / "PG_VERSION").exists():
        fail(f"DATA_DIR: There is no database under {chosen.data_dir}; `python -m app migrate` makes one.")
    with blaming("DATA_DIR"):
        started = Embedded.start(chosen.data_dir)
    with started as server:
        yield _unwriting(server.url), _unwriting(server.url)


def _unwriting(url: str) -> str:
    return make_url(url).update_query_dict(_READS).render_as_string(hide_password=False)


async def _examined(
    chosen: Settings, url: str, owner: str, account: str | None, *, is_quick: bool, is_json: bool
) -> dict[Severity, int]:
    counts = dict.fromkeys(Severity, 0)
    async with database(url) as made:
        only = None
        if account is not None:
            account_id = await account_of(made, account)
            if account_id is None:
                fail(f"There is no account {account}.")
            only = Account(account.lower(), account_id)
        patient = Patient(chosen, made, connector(owner, {"role": "none"}))
        async for found in examine(patient, only, is_quick=is_quick):
            counts[found.severity] += 1
            _print(found, is_json=is_json)
    return counts


def _print(found: Found, *, is_json: bool) -> None:
    if is_json:
        typer.echo(json.dumps(asdict(found)))
        return
    whose = f" of {found.account}" if found.account else ""
    for line in (f"{found.severity}: {found.check}{whose}: {found.sentence}", f"    {found.remedy}"):
        console.print(line, markup=False, highlight=False)
