"""The process that reads one file: its bytes come in, its table goes out in lines of JSON.

`python -m app.readers SETTING`. The first line says how many rows follow, or why there are none. An email is
no table, and one line.
"""

# ruff: noqa: PLC0415 - each form has a library of its own, and only that is loaded
import json
import logging
import os
import resource
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from zoneinfo import ZoneInfo

from app.readers.refusals import TooLong, Unreadable
from app.readers.settings import TOO_COSTLY, Setting
from app.readers.tables import Table

_PATIENCE = 5
"""How far behind the server it stands when both want a processor."""


def _main() -> None:
    setting = Setting.read(sys.argv[1])
    _bind(setting)
    # What libraries say of a file quotes it, and that is for no log.
    warnings.simplefilter("ignore")
    logging.disable()
    try:
        for line in _lines(sys.stdin.buffer.read(), setting):
            sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.flush()
    except MemoryError:
        os._exit(TOO_COSTLY)
    except BrokenPipeError:
        # Nobody waits for it any more, and nothing that is left could be written.
        os._exit(1)
    except Exception as broken:  # noqa: BLE001 - what it says may quote the file; where it was does not
        place = traceback.extract_tb(broken.__traceback__)[-1]
        sys.exit(f"A file broke its reader: {type(broken).__name__} in {place.filename}:{place.lineno}")


def _bind(setting: Setting) -> None:
    bounds = {
        resource.RLIMIT_AS: setting.memory,
        resource.RLIMIT_CPU: setting.seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Not every system bounds memory; there the limit of time is left.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    os.nice(_PATIENCE)


def _lines(content: bytes, setting: Setting) -> Iterator[str]:
    if setting.form == "mail":
        from app.readers.mail_parts import read_mail

        yield read_mail(content).written()
        return
    try:
        table = _read(content, setting)
    except Unreadable as refusal:
        yield json.dumps({"unreadable": refusal.told})
    except TooLong as refusal:
        yield json.dumps({"too_long": refusal.told})
    else:
        head = {"columns": table.columns, "fields": table.fields, "rows": len(table.rows)}
        yield json.dumps(head, ensure_ascii=False)
        for row in table.rows:
            yield json.dumps([row.number, row.cells, row.problem], ensure_ascii=False)


def _read(content: bytes, setting: Setting) -> Table:
    if setting.form == "csv":
        from app.readers.texts import read_csv

        return read_csv(content, has_headings=setting.has_headings)
    if setting.form == "xlsx":
        from app.readers.workbooks import read_xlsx

        return read_xlsx(content, has_headings=setting.has_headings)
    if setting.form == "vcard":
        from app.readers.cards import read_vcard

        return read_vcard(content)
    from app.readers.calendars import read_icalendar

    return read_icalendar(content, ZoneInfo(setting.zone), date.fromisoformat(setting.today))


_main()
