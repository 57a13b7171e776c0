"""Files are taken apart by a process of their own: it has some memory and time, and nothing of the server's.

A parser that is led astray is ended with it. In a thread nothing could end it, and all others would wait.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.core import card_numbers
from app.core.admission import Gone
from app.core.errors import CallerGone
from app.desk.imports.errors import FileTooLong, FileUnreadable
from app.http.errors import CardNumberRefused
from app.readers.settings import TOO_COSTLY, Setting
from app.readers.tables import MAX_ROW_CHARACTERS, Row, Table

MEMORY = 750_000_000
SECONDS = 60
"""Of the processor; the clock may show twice as many until a file is given up."""
_PIECE = 1 << 20
_LONGEST_LINE = 6 * MAX_ROW_CHARACTERS + _PIECE
"""Bytes of a row as JSON, in which a character takes six at most, and the names of columns."""
_ROOT = str(Path(__file__).parents[3])


async def read(content: bytes, setting: Setting, gone: Gone) -> Table:
    """Read a file as a table; raises `FileUnreadable`, `FileTooLong`, and `CallerGone` if `gone` ends first.

    Also `CardNumberRefused`: old lists have them. Whatever comes of it, the process has ended when this does.
    """
    reading = asyncio.ensure_future(_read(content, setting))
    leaving = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            raise CallerGone
        return reading.result()
    finally:
        reading.cancel()
        leaving.cancel()
        await asyncio.wait({reading, leaving})


async def _read(content: bytes, setting: Setting) -> Table:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-P", "-m", "app.readers", setting.written()),
        stdin=PIPE,
        stdout=PIPE,
        limit=_LONGEST_LINE,
        # Its environment has no secret of the server's.
        env={"PYTHONPATH": _ROOT},
    )
    try:
        async with asyncio.timeout(2 * setting.seconds):
            await _send(process, content)
            table = await _received(process)
            ended = await process.wait()
    except TimeoutError:
        raise FileUnreadable(reason="too_costly") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
    if table is not None and ended == 0:
        return table
    if ended < 0 or ended == TOO_COSTLY:
        raise FileUnreadable(reason="too_costly")
    raise RuntimeError(f"the process that reads files ended with {ended}")


async def _send(process: Process, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    # Of one that has ended already it is told below, by how it did.
    with suppress(BrokenPipeError, ConnectionResetError):
        for begun in range(0, len(content), _PIECE):
            process.stdin.write(content[begun : begun + _PIECE])
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _received(process: Process) -> Table | None:
    """Return what the process tells, or nothing if it has not come to an end with that."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    told = await process.stdout.readline()
    if not told.endswith(b"\n"):
        return None
    head = json.loads(told)
    if "unreadable" in head:
        raise FileUnreadable(**head["unreadable"])
    if "too_long" in head:
        raise FileTooLong(**head["too_long"])
    rows: list[Row] = []
    holding: list[tuple[int | None, int]] = [(None, place) for place in _card_numbers(told, head["columns"])]
    async for line in process.stdout:
        if line.endswith(b"\n"):
            row = Row(*json.loads(line))
            rows.append(row)
            holding += [(row.number, place) for place in _card_numbers(line, row.cells)]
    if len(rows) != head["rows"]:
        return None
    if holding:
        row_number, column = holding[0]
        raise CardNumberRefused(row=row_number, column=column, cells=len(holding))
    return Table(head["columns"], rows, head["fields"])


def _card_numbers(line: bytes, cells: Sequence[str]) -> list[int]:
    """Return which cells of a line hold the number of a card."""
    if not card_numbers.may_hold(line):
        return []
    return [place for place, cell in enumerate(cells, 1) if card_numbers.is_in(cell)]
