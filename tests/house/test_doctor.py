"""What the doctor finds of an installation that was damaged, and that there is nothing where all is well."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy.engine import make_url

from app.accounts.lifecycle import create_account
from app.accounts.users import NewUser
from app.core import clock
from app.core.db import Database
from app.core.job_runs import Runs
from app.core.keys import load_keys
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.vault import load_vault
from app.doctor import server
from app.galleries.files import Place, Size, opened
from app.galleries.models import Picture, PictureState
from app.main import JOBS
from app.sync.store import Write, write
from tests.accounts.studios import PASSWORD
from tests.house.conftest import Typed
from tests.samples import named, sample

PLENTY, LITTLE = 500_000_000_000, 400_000_000


@dataclass
class Installation:
    """Two accounts, and somebody who does with their database and files as they like."""

    database: Database
    owner: "asyncpg.Connection[asyncpg.Record]"
    settings: Settings
    harbor: UUID
    dunes: UUID
    task: UUID
    invoice: UUID

    async def write(self, *writes: Write) -> None:
        """Write records of the harbor as the server does."""
        async with self.database.writing(self.harbor) as session:
            await write(session, Principal.system(self.harbor), writes)

    async def add_picture(self, name: str) -> Place:
        """Have a picture without any file."""
        place = Place(self.harbor, uuid4(), uuid4())
        async with self.database.writing(self.harbor) as session:
            session.add(
                Picture(
                    account_id=self.harbor,
                    id=place.picture_id,
                    session_id=place.session_id,
                    name=name,
                    number=name,
                    state=PictureState.READY,
                    media_type="image/jpeg",
                    size_bytes=3,
                    sha256=b"",
                    uploaded_at=clock.now(),
                )
            )
        return place


async def account(database: Database, name: str) -> UUID:
    made = await create_account(
        database,
        account_name=name,
        company_name="Harbor Light Portraits",
        time_zone="America/New_York",
        country="US",
        administrator=NewUser("JD", PASSWORD, "Jo", "Doyle"),
    )
    return made.account_id


@asynccontextmanager
async def installed(url: str, folder: Path) -> AsyncIterator[Installation]:
    """Have an installation in which all is well: records, a picture, keys."""
    chosen = Settings(database_url=url, data_dir=folder)
    load_keys(chosen)
    load_vault(chosen)
    database = Database(url)
    owner = await asyncpg.connect(url, server_settings={"application_name": "psql"})
    try:
        harbor, dunes = await account(database, "harbor"), await account(database, "dunes")
        found = Installation(database, owner, chosen, harbor, dunes, uuid4(), uuid4())
        bill = sample("invoices", lines=[], shipping=700)
        await found.write(
            Write("clients", uuid4(), sample("clients")),
            Write("tasks", found.task, sample("tasks")),
            Write("invoices", found.invoice, bill),
        )
        place = await found.add_picture("0412.jpg")
        for size in Size:
            await opened(chosen).keep(place, size, b"...")
        await Runs(database).begin({job.name: job.every for job in JOBS})
        yield found
    finally:
        await owner.close()
        await database.close()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Say how much room there is on the disk; at first, plenty."""

    def left(free: int) -> None:
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(PLENTY, PLENTY - free, free)
        )

    left(PLENTY)
    return left


@pytest.fixture
async def an_hour_ahead(hold: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine's clock be wrong, and whatever is open for a moment have been so for long."""
    hold(clock.now() + timedelta(hours=1))
    monkeypatch.setattr(server, "LONG", timedelta(0))


async def damage(well: Installation) -> None:
    """Do what people with a shell, a full disk or a wrong backup do."""
    chosen = well.settings
    (chosen.data_dir / "keys" / "cursor.key").chmod(0o660)
    await well.write(Write("invoices", well.invoice, {"paid": 200}))
    lost = Place(well.harbor, uuid4(), uuid4())
    await opened(chosen).keep(lost, Size.WEB, b"...")
    week_ago = (clock.now() - timedelta(days=7)).timestamp()
    os.utime(chosen.data_dir / "pictures" / lost.file(Size.WEB), (week_ago, week_ago))
    await well.add_picture("0413.jpg")
    elsewhere = load_vault(
        chosen.model_copy(update={"vault_key_file": None, "data_dir": chosen.data_dir / "old"})
    )
    sealed = elsewhere.seal(well.harbor, "card merchant", "{}")
    async with well.database.writing(well.harbor) as session:
        sql = "INSERT INTO card_merchants VALUES ($1, 'test', true, $2, NULL, NULL, now())"
        await session.raw.execute(sql, well.harbor, sealed)
    statements = (
        ("UPDATE tasks SET subject = 'Behind' WHERE account_id = $1 AND id = $2", well.harbor, well.task),
        (
            "UPDATE feed_tallies SET amount = 7 WHERE account_id = $1 AND collection = $2 AND kind = 1",
            well.harbor,
            named("tasks").number,
        ),
        ("UPDATE finance_days SET owed = owed + 1 WHERE account_id = $1 AND owed <> 0", well.harbor),
        (f"DELETE FROM client_list_words WHERE account_id = $1 AND word = ({_A_WORD})", well.harbor),
        ("UPDATE audit_entries SET initials = 'XX' WHERE account_id = $1 AND position = 2", well.harbor),
        ("UPDATE account_directory SET day_ends_at = NULL WHERE account_id = $1", well.harbor),
        ("UPDATE accounts SET time_zone = 'America/Nowhere' WHERE account_id = $1", well.dunes),
        ("ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",),
        (
            "UPDATE job_runs SET last_done = now() - interval '5 days', outcome = 'failed' WHERE name = $1",
            "trim the feed",
        ),
    )
    for statement, *values in statements:
        done = await well.owner.execute(statement, *values)
        assert not done.endswith(" 0"), statement


_A_WORD = "SELECT min(word) FROM client_list_words WHERE account_id = $1"


def as_told(printed: str, well: Installation) -> str:
    """Return what was printed with an example's ids in the places of those that no two runs share."""
    told = printed.replace(str(well.settings.data_dir), "/var/lib/studio")
    told = told.replace(str(well.harbor), "<account>")
    told = re.sub(r"backend\(\d+\)", "backend(4711)", told)
    return re.sub(r"<account>/\S+/web", "6f1f2a54-…/web", told).replace(
        "open for 0 hours", "open for 3 hours"
    )


async def test_an_installation_in_which_all_is_well_is_said_to_be(
    typed: Typed, own_database: str, tmp_path: Path, room: Callable[[int], None]
) -> None:
    async with installed(own_database, tmp_path) as well:
        for words in ((), ("--account", "Harbor")):
            assert await typed("doctor", *words, DATABASE_URL=own_database) == (0, "All is well.\n")
        assert await typed("doctor", "--account", "nobody-s", DATABASE_URL=own_database) == (
            1,
            "There is no account nobody-s.\n",
        )
        room(LITTLE)
        code, printed = await typed("doctor", "--json", "--quick", DATABASE_URL=own_database)
        found, end = map(orjson.loads, printed.splitlines())
        assert (code, found["check"], found["severity"]) == (2, "disk", "warning")
        assert end == {"errors": 0, "warnings": 1}
        room(PLENTY)
        nowhere = "postgresql://u@127.0.0.1:1/x"
        asked = "doctor", "--account", "harbor", "--quick"
        code, printed = await typed(*asked, DATABASE_URL=own_database, PULL_DATABASE_URL=nowhere)
        assert (code, "error: ways: No connection stands by PULL_DATABASE_URL: " in printed) == (1, True)
        await well.owner.execute("UPDATE alembic_version SET version_num = '0049'")
        code, printed = await typed("doctor", DATABASE_URL=own_database)
        assert (code, printed.count("error: "), "    python -m app migrate\n" in printed) == (1, 1, True)


async def test_what_who_looks_may_not_see_is_said(
    typed: Typed, own_database: str, tmp_path: Path, room: Callable[[int], None]
) -> None:
    room(PLENTY)
    name = f"plain_{uuid4().hex}"
    plain = make_url(own_database).set(username=name).render_as_string(hide_password=False)
    async with installed(own_database, tmp_path) as well:
        await well.owner.execute(f"CREATE ROLE {name} LOGIN; GRANT SELECT ON alembic_version TO {name}")
        try:
            asked = "doctor", "--quick"
            code, printed = await typed(*asked, DATABASE_URL=own_database, MIGRATION_DATABASE_URL=plain)
            assert (code, f"    GRANT pg_read_all_stats TO {name};\n" in printed) == (2, True), printed
        finally:
            await well.owner.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.usefixtures("an_hour_ahead")
async def test_all_that_was_damaged_is_found_with_what_mends_it_as_the_page_for_operators_shows(
    typed: Typed, own_database: str, tmp_path: Path, repository: Path, room: Callable[[int], None]
) -> None:
    async with installed(own_database, tmp_path) as well:
        await damage(well)
        room(LITTLE)
        async with well.owner.transaction():
            await well.owner.execute("SELECT 1")
            code, printed = await typed("doctor", DATABASE_URL=own_database)
        page = next(each for each in (repository / "docs").glob("operat*.md")).read_text()
        [shown] = re.findall(r"^python -m app doctor\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        assert as_told(printed, well) == shown
        assert code == 1
