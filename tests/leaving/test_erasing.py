"""A studio that leaves is gone from every table and every folder, and its phones clear their copies."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.leaving import erasing, ledger
from app.leaving.schema import KEPT
from tests.accounts.studios import bearer
from tests.galleries.showing import new_showing, photograph
from tests.house.conftest import Typed
from tests.leaving.filled import ROWS, Owned, counted, fill


@pytest.fixture
async def filled(own_database: str) -> tuple[Owned, Owned]:
    """Put rows of two accounts into every table."""
    return await fill(own_database)


async def test_every_row_of_every_table_is_erased_and_none_of_another_account(
    own_database: str,
    filled: tuple[Owned, Owned],
    typed: Typed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, theirs = filled
    before = await counted(own_database)
    assert all(mine.account_id in before[each] for each in before), "each table has rows to erase"
    monkeypatch.setattr(erasing, "BATCH", 2)
    words = ("account", "erase", mine.name, "--confirm")
    code, printed = await typed(*words, theirs.name, DATABASE_URL=own_database)
    assert (code, "Nothing was erased" in printed) == (1, True)
    assert await counted(own_database) == before

    code, printed = await typed(*words, mine.name, DATABASE_URL=own_database)
    assert (code, f"{mine.name} is erased: " in printed) == (0, True), printed
    after = await counted(own_database)
    assert {name for name, rows in after.items() if mine.account_id in rows} == KEPT
    assert {name: rows[theirs.account_id] for name, rows in after.items()} == {
        name: rows[theirs.account_id] for name, rows in before.items()
    }
    assert mine.account_id in ledger.known(tmp_path)
    code, printed = await typed(*words, mine.name, DATABASE_URL=own_database)
    assert (code, "There is no account" in printed) == (1, True)


async def test_phones_of_who_left_clear_their_copies_and_nobody_is_erased_who_works(
    database: Database, house: FastAPI, http: httpx.AsyncClient, typed: Typed
) -> None:
    showing = await new_showing(database, house, http)
    studio, name = showing.studio, showing.studio.account.account_name
    await showing.sent(await showing.session(), "first.jpg", photograph())
    phone = await studio.signed_in()
    desk = await studio.administrator()
    words = ("account", "erase", name, "--confirm", name)
    environment = {"PICTURE_STORE_URL": showing.folder.as_uri()}
    code, printed = await typed(*words, **environment)
    assert (code, "--subscription cancelled" in printed) == (1, True)
    assert showing.kept()
    await typed("account", "change", name, "--subscription", "cancelled")
    code, printed = await typed(*words, **environment)
    assert code == 0, printed
    assert not showing.kept()

    asked = [
        await http.get("/v1/sync/manifest", headers=bearer(phone)),
        await http.post("/v1/auth/refresh", json={"refresh_token": phone["refresh_token"]}),
    ]
    for answer in asked:
        assert (answer.status_code, answer.json()["code"]) == (403, "device_deactivated")
        order = answer.json()["wipe_order"]
        done = await http.post("/v1/devices/me/wiped", json={"wipe_order": order})
        assert done.status_code == 200, "and may say so as often as it likes"
    answer = await http.get("/v1/account", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert (await studio.login()).json()["code"] == "invalid_credentials"


async def test_a_backup_of_before_brings_nobody_back(
    database: Database, house: FastAPI, http: httpx.AsyncClient, typed: Typed, tmp_path: Path
) -> None:
    showing = await new_showing(database, house, http)
    name = showing.studio.account.account_name
    ledger.note(tmp_path, showing.account_id)
    code, printed = await typed("feed", "restored", name)
    assert (code, f"account erase {name} --confirm {name}" in printed) == (0, True)
    refused = await showing.studio.login()
    assert (refused.status_code, refused.json()["code"]) == (403, "subscription_inactive")
    answer = await http.get("/v1/account", headers=showing.desk.headers)
    assert answer.json()["code"] == "subscription_inactive"


@pytest.mark.slow
async def test_an_erasure_that_is_killed_is_ended_by_the_next(
    own_database: str, filled: tuple[Owned, Owned], tmp_path: Path, repository: Path
) -> None:
    mine, theirs = filled
    settings = {**os.environ, "DATABASE_URL": own_database, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "app", "account", "erase", mine.name, "--confirm", mine.name]
    watcher, holder = await asyncpg.connect(own_database), await asyncpg.connect(own_database)
    held = holder.transaction()
    await held.start()
    # Somewhere in the midst of it all somebody holds a row.
    await holder.execute("SELECT FROM letters WHERE account_id = $1 FOR UPDATE", mine.account_id)
    erasing = subprocess.Popen(command, cwd=repository, env=settings, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    while not await watcher.fetchval(_WAITING):
        assert erasing.poll() is None
    erasing.send_signal(signal.SIGKILL)
    erasing.wait()
    await held.rollback()
    await holder.close()
    await watcher.close()
    half = await counted(own_database)
    assert half["account_directory"][mine.account_id] == 1, "it is found again"
    assert half["letters"][mine.account_id] == ROWS

    done = await asyncio.to_thread(
        subprocess.run, command, cwd=repository, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = await counted(own_database)
    assert {name for name, rows in after.items() if mine.account_id in rows} == KEPT
    assert all(rows[theirs.account_id] for rows in after.values())
    assert [*ledger.known(tmp_path)] == [mine.account_id]


_WAITING = """
    SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE a.datname = current_database() AND NOT l.granted
"""
