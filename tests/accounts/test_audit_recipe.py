"""A stranger checks an exported trail with the lines of `docs/people.md`, and sees what was done to it."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.audit.store import NAMES
from app.core.clock import now
from tests.accounts.studios import PASSWORD, Studio, as_owner
from tests.accounts.trails import forgotten, trail

Rows = list[dict[str, str]]
RECIPE = re.compile(r"### Whether it holds.*?```python\n(.*?)```", re.DOTALL)
WRONG = "not the password at all"


@pytest.fixture
def recipe(repository: Path, tmp_path: Path) -> Path:
    """Have the lines of the document as a program of their own."""
    found = RECIPE.search((repository / "docs" / "people.md").read_text())
    assert found
    program = tmp_path / "check.py"
    program.write_text(found[1])
    return program


def checked(recipe: Path, table: str) -> tuple[bool, str]:
    """Check a table as a stranger does; return whether it holds, and what is said."""
    file = recipe.with_name("audit.csv")
    file.write_text(table, newline="")
    done = subprocess.run([sys.executable, "-I", recipe, file], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode == 0, (done.stdout + done.stderr).strip()


async def exported(studio: Studio, **sought: str) -> str:
    """Return the table an administrator exports."""
    answer = await studio.client.get("/v1/audit.csv", params=sought, headers=await studio.administrator())
    assert answer.status_code == 200, answer.text
    return answer.text


async def lived(studio: Studio) -> None:
    """Have something of each kind in the trail: people, phones, somebody, and initials like a formula."""
    headers, device = await studio.administrator(), (await studio.authorize())[0]
    await studio.login(password=WRONG)
    await studio.signed_in()
    await studio.change_device(device, headers, is_inactive=True)
    for initials in ("=1+1", "'=1", '"é\\'):
        await studio.execute(
            "UPDATE users SET initials = $2 WHERE account_id = $1 AND user_id <> $3",
            initials,
            studio.photographer.user_id,
        )
        body = {"last_name": initials}
        path = f"/v1/users/{studio.photographer.user_id}"
        etag = (await studio.client.get(path, headers=headers)).headers["etag"]
        answer = await studio.client.patch(path, json=body, headers={**headers, "If-Match": etag})
        assert answer.status_code == 200, answer.text
    await studio.execute(
        "UPDATE users SET initials = 'JD' WHERE account_id = $1 AND user_id <> $2",
        studio.photographer.user_id,
    )


def read(table: str) -> Rows:
    return list(csv.DictReader(io.StringIO(table)))


def table_of(rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


async def test_a_table_holds_and_tells_the_head(studio: Studio, recipe: Path) -> None:
    await lived(studio)
    table = await exported(studio)
    rows = read(table)
    holds, said = checked(recipe, table)
    assert holds, said
    head = await trail(studio, action="exported")
    assert said == f"{len(rows)} entries hold. Note elsewhere: {head[0]['position']}:{head[0]['hash']}"
    assert {row["actor"] for row in rows} == {"user", "system", "anonymous"}


@pytest.mark.parametrize("column", ["position", *NAMES, "actor", "hash", "former_hash"])
async def test_whatever_is_altered_of_an_entry_is_seen(studio: Studio, recipe: Path, column: str) -> None:
    await lived(studio)
    rows = read(await exported(studio))
    other = rows[4]
    other[column] = f"{int(other[column]) + 1000}" if column == "position" else f"{other[column]}aa"
    assert not checked(recipe, table_of(rows))[0]


@pytest.mark.parametrize("former", ["rubbish", "zz" * 32, "ab" * 31])
async def test_a_former_hash_that_is_none_is_told_in_a_sentence(
    studio: Studio, recipe: Path, former: str
) -> None:
    await lived(studio)
    rows = read(await exported(studio))
    rows[4]["former_hash"] = former
    said = f"entry {rows[4]['position']} was altered or moved"
    assert checked(recipe, table_of(rows)) == (False, said)


async def test_an_entry_that_was_removed_is_seen_wherever_it_was(studio: Studio, recipe: Path) -> None:
    await lived(studio)
    rows = read(await exported(studio))
    for place, said in (
        (0, "the newest entries were removed"),
        (4, f"entries between {rows[5]['position']} and {rows[3]['position']} were removed"),
        (len(rows) - 1, "entries before 2 were removed, and not forgotten by the operator"),
    ):
        holds, found = checked(recipe, table_of(rows[:place] + rows[place + 1 :]))
        assert (holds, said in found) == (False, True), found


async def test_entries_that_have_changed_places_are_seen(studio: Studio, recipe: Path) -> None:
    await lived(studio)
    rows = read(await exported(studio))
    one, other = rows[3], rows[4]
    for name in ("position", "former_hash"):
        one[name], other[name] = other[name], one[name]
    holds, said = checked(recipe, table_of(rows))
    assert (holds, "was altered or moved" in said) == (False, True)


async def test_an_entry_that_was_altered_in_the_database_with_its_hash_is_seen(
    studio: Studio, recipe: Path, owner_url: str
) -> None:
    await lived(studio)
    await as_owner(
        owner_url,
        "UPDATE audit_entries SET after = '{}', hash = sha256(hash) WHERE account_id = $1 AND position = 5",
        studio.account.account_id,
    )
    assert checked(recipe, await exported(studio)) == (False, "entry 5 was altered or moved")


async def test_of_an_export_in_which_something_was_sought_each_entry_is_checked(
    studio: Studio, recipe: Path
) -> None:
    await lived(studio)
    table = await exported(studio, subject="users")
    rows = read(table)
    assert rows[0]["after"] == '{"subject":"users"}'
    assert {row["subject"] for row in rows[1:]} == {"users"}
    assert checked(recipe, table)[0]
    rows[-1]["initials"] = "XX"
    assert checked(recipe, table_of(rows)) == (False, f"entry {rows[-1]['position']} was altered or moved")


async def test_a_trail_that_was_forgotten_in_part_holds_and_joins_what_was_exported_before(
    studio: Studio, recipe: Path, owner_url: str, hold: Callable[[datetime], None]
) -> None:
    await lived(studio)
    before = read(await exported(studio))
    hold(now() + timedelta(days=100))
    await forgotten(owner_url, studio, days=50)
    table = await exported(studio)
    rows = read(table)
    holds, said = checked(recipe, table)
    assert holds, said
    assert rows[-1]["former_hash"] == before[0]["hash"]
    holds, said = checked(recipe, table_of(rows[:-1]))
    assert (holds, "not forgotten by the operator" in said) == (False, True)


async def test_a_password_that_was_guessed_by_who_is_signed_in_is_theirs(studio: Studio) -> None:
    headers = await studio.administrator()
    body = {"current_password": WRONG, "new_password": PASSWORD}
    await studio.client.post("/v1/auth/password", json=body, headers=headers)
    [refused] = await trail(studio, action="sign_in_refused")
    assert (refused["actor"], refused["initials"]) == ("user", "JD")
