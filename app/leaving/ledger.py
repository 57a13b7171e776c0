"""Who was erased, in a file beside the keys: accounts, and people. A backup of before knows nothing of it."""

import json
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from app.core import clock

NAME = "erasures.ndjson"


def note(data_dir: Path, account_id: UUID, client_id: UUID | None = None) -> None:
    """Write down that an account is erased, or a client of it, once; it is on the disk when this returns."""
    if (account_id, client_id) in _told(data_dir):
        return
    line = {"account_id": account_id, "client_id": client_id, "at": clock.now()}
    with (data_dir / NAME).open("a") as file:
        file.write(json.dumps({name: each and str(each) for name, each in line.items()}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def known(data_dir: Path) -> dict[UUID, datetime]:
    """Return the accounts that were erased from this machine, and when."""
    return {account: at for (account, client), at in _told(data_dir).items() if client is None}


def people(data_dir: Path, account_id: UUID) -> list[UUID]:
    """Return the clients of an account who were."""
    return [client for account, client in _told(data_dir) if client is not None and account == account_id]


def _told(data_dir: Path) -> dict[tuple[UUID, UUID | None], datetime]:
    try:
        lines = (data_dir / NAME).read_text().splitlines()
    except FileNotFoundError:
        return {}
    told = {}
    for line in lines:
        each = json.loads(line)
        client = each["client_id"] and UUID(each["client_id"])
        told[UUID(each["account_id"]), client] = datetime.fromisoformat(each["at"])
    return told
