"""`distribute`: the tables of a database over the nodes of a Citus cluster, and whether they are."""

import asyncio
from typing import Annotated

import asyncpg
import typer

from app.cli.ground import blaming, console, fail
from app.core import distribution
from app.core.db import connector
from app.core.settings import settings


def distribute(
    workers: Annotated[
        str, typer.Option(help="Nodes to take in first, as the coordinator reaches them: host:port,host:port")
    ] = "",
    coordinator: Annotated[
        str, typer.Option(help="The coordinator as those nodes reach it, host:port; needed once.")
    ] = "",
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what is not as it should be.")
    ] = False,
) -> None:
    """Spread the accounts over the nodes of a Citus cluster; run again, it goes on where it ended."""
    nodes = [_node("--workers", each) for each in workers.split(",") if each]
    first = _node("--coordinator", coordinator) if coordinator else None
    variable, url = settings().migrated_by
    if url is None and (url := settings().database_url) is None:
        fail("DATABASE_URL: This must lead to the coordinator of a Citus cluster.")
    with blaming(variable):
        asyncio.run(_checked(url) if check else _prepared(url, first, nodes))


def _node(option: str, said: str) -> distribution.Node:
    host, _, port = said.strip().rpartition(":")
    if not host or not port.isdecimal():
        fail(f"{option}: {said} is no host:port.")
    return host.strip("[]"), int(port)


async def _connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect as who migrates, and let a table take as long to move as it does."""
    unhurried = {"role": "none", "statement_timeout": "0", "lock_timeout": "0"}
    return await connector(url, unhurried, answering=None)()


async def _prepared(
    url: str, coordinator: distribution.Node | None, workers: list[distribution.Node]
) -> None:
    connection = await _connected(url)
    try:
        async for line in distribution.prepare(connection, coordinator, workers):
            console.print(f"{line}.")
    except distribution.NotDistributable as refusal:
        fail(str(refusal))
    finally:
        await connection.close()
    console.print("The database is distributed. Serve it with DISTRIBUTED=true.")


async def _checked(url: str) -> None:
    connection = await _connected(url)
    try:
        said = await distribution.lacks(connection)
    except distribution.NotDistributable as refusal:
        fail(str(refusal))
    finally:
        await connection.close()
    if said:
        fail("\n".join(f"{each}." for each in said))
    console.print("The database is distributed.")
