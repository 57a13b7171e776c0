"""Emails are taken apart by a process of their own: it has some memory and time, and nothing of ours."""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.readers.mails import HEAD, MAX_HTML, MAX_TEXT, Mail
from app.readers.settings import Setting

log = logging.getLogger("studio.incoming")

MEMORY = 256_000_000
SECONDS = 10
"""Of the processor; how many the clock shows says more of what else there is to do."""
_PATIENCE = 60
_SETTING = Setting("mail", zone="", today="", has_headings=False, memory=MEMORY, seconds=SECONDS)
_LONGEST_LINE = 6 * (MAX_TEXT + MAX_HTML) + 2_000_000
"""Bytes of an email as JSON, in which a character takes six at most, and the head of it."""
_PIECE = 1 << 20
_ROOT = str(Path(__file__).parents[3])


async def read(content: bytes) -> Mail:
    """Read an email; of one that is too costly its head, and nothing of it where that is not read either.

    Whatever comes of it, the process has ended when this does.
    """
    found = await _read(content)
    if found is not None:
        return found
    head = await _read(content.partition(b"\r\n\r\n")[0][:HEAD] + b"\r\n\r\n")
    return replace(head or Mail(), is_whole=False)


async def _read(content: bytes) -> Mail | None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-P", "-m", "app.readers", _SETTING.written()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=_LONGEST_LINE,
        # Its environment has no secret of the server's.
        env={"PYTHONPATH": _ROOT},
    )
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - so was this
    line = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            # Of one that has ended already it is told below, by what it has not said.
            with suppress(BrokenPipeError, ConnectionResetError):
                for begun in range(0, len(content), _PIECE):
                    process.stdin.write(content[begun : begun + _PIECE])
                    await process.stdin.drain()
                process.stdin.close()
            line = await process.stdout.readline()
            await process.wait()
    except (TimeoutError, ValueError):
        log.warning("an email was too costly to read")
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
    if not line.endswith(b"\n") or process.returncode != 0:
        log.warning("the process that reads emails ended with %s", process.returncode)
        return None
    return Mail.read(line)
