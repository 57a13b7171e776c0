"""A studio takes along all that is its own, and nothing that opens anything."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.galleries.files import opened
from app.leaving import exporting, schema
from app.leaving.exporting import export
from tests.galleries.showing import Showing, photograph
from tests.house.conftest import Typed
from tests.leaving.filled import ROWS, Owned, counted, fill, spelled

LEFT_OUT = {
    "api_keys": {"secret_hash"},
    "calendar_feeds": {"secret_hash"},
    "card_attempts": {"claim", "merchant_print", "request_hash"},
    "card_intents": {"fingerprint"},
    "card_merchants": {"credentials", "transaction_key"},
    "card_tokens": {"merchant_print", "token"},
    "devices": {"wipe_nonce"},
    "feed": {"body", "preview"},
    "gallery_addresses": {"address_hash"},
    "idempotent_answers": {"body", "fingerprint", "key"},
    "letters": {"claim", "sealed"},
    "mail_servers": {"in_password", "password"},
    "portal_links": {"token_hash"},
    "portal_logins": {"password_hash"},
    "portal_sessions": {"token_hash"},
    "refresh_tokens": {"successor_salt", "token_hash"},
    "stream_prints": {"prints"},
    "text_lines": {"auth_token", "hook_key"},
    "users": {"password_hash"},
    "verdicts": {"answer", "fingerprint"},
    "web_orders": {"fingerprint", "request_key"},
    "webhook_deliveries": {"claim"},
    "webhook_endpoints": {"former_secret", "secret"},
}
"""What stays here of each table; a new column that is called like a secret is to be looked at, and put here.

It is left out by itself. Where it opens nothing, it is put among those that `schema` shows.
"""


@pytest.fixture
async def filled(own_database: str) -> tuple[Owned, Owned]:
    """Put rows of two accounts into every table."""
    return await fill(own_database)


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "tables" / f"{table}.ndjson").read_text().splitlines()]


async def test_what_is_left_out_of_an_export_is_known(database: Database, showing: Showing) -> None:
    async with database.reading(showing.account_id) as session:
        found = await schema.tables(session)
    assert {each.name: {*each.left_out} for each in found if each.left_out} == LEFT_OUT


async def test_every_row_of_every_table_is_taken_along_and_no_secret(
    own_database: str,
    filled: tuple[Owned, Owned],
    typed: Typed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, theirs = filled
    monkeypatch.setattr(exporting, "_ROWS", 2)
    folder = tmp_path / "harbor"
    code, printed = await typed(
        "account", "export", mine.name, "--to", str(folder), DATABASE_URL=own_database
    )
    assert (code, f"are in {folder}" in printed) == (0, True), printed

    manifest = json.loads((folder / "manifest.json").read_text())
    rows = await counted(own_database)
    assert manifest["tables"].keys() == rows.keys() - schema.KEPT
    for name, told in manifest["tables"].items():
        content = (folder / "tables" / f"{name}.ndjson").read_bytes()
        assert told["rows"] == len(content.splitlines()) == rows[name][mine.account_id], name
        assert (told["bytes"], told["sha256"]) == (len(content), sha256(content).hexdigest())
        assert not any(each in content for each in spelled()), f"{name} tells a secret"
        assert theirs.name.encode() not in content
        assert str(theirs.account_id).encode() not in content
        assert all(not each.keys() & set(told["left_out"]) for each in rows_of(folder, name))
    assert len(rows_of(folder, "clients")) == ROWS
    assert {each["id"] for each in rows_of(folder, "clients")} == {str(each) for each in mine.ids}
    assert rows_of(folder, "clients")[0]["custom"]["of"] == mine.name, "JSON stays JSON"

    code, printed = await typed(
        "account", "export", theirs.name, "--to", str(folder), DATABASE_URL=own_database
    )
    assert (code, "has something else in it" in printed) == (1, True)


async def test_originals_are_taken_along_and_a_cut_export_goes_on(
    database: Database, showing: Showing, tmp_path: Path
) -> None:
    shown = await showing.session()
    content, other = photograph(), photograph(shade=90)
    first = await showing.sent(shown, "first.jpg", content)
    second = await showing.sent(shown, "second.jpg", other)
    await showing.look_after()
    account, folder = (showing.studio.account.account_name, showing.account_id), tmp_path / "studio"

    class CutError(Exception):
        pass

    def cut(line: str) -> None:
        if line.startswith("clients:"):
            raise CutError

    with pytest.raises(CutError):
        await export(database, showing.files, account, folder, cut)
    assert not (folder / "manifest.json").exists()
    (folder / "tables" / "clients.ndjson").write_text('{"id": "as it was"}\n')
    (showing.folder / str(showing.account_id) / shown / second / "original").unlink()

    found = await export(database, showing.files, account, folder)
    assert (found.pictures, found.bytes, found.missing) == (1, len(content), 1)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["tables"]["clients"]["rows"] == 1, "what was whole is not read again"
    index = map(json.loads, (folder / "pictures.ndjson").read_text().splitlines())
    told = {each["picture_id"]: each for each in index}
    assert told[second]["path"] is None
    assert (folder / told[first]["path"]).read_bytes() == content
    assert told[first]["sha256"] == sha256(content).hexdigest()
    assert told[first]["name"] == "first.jpg"


async def test_a_long_table_is_read_by_bounded_pages(
    own_database: str, filled: tuple[Owned, Owned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, _ = filled
    connection = await asyncpg.connect(own_database)
    await connection.execute("UPDATE letter_files SET content = convert_to(repeat('x', 1000000), 'UTF8')")
    await connection.close()
    database, seen = Database(own_database), list[int]()
    page = exporting._page

    async def looked_at(*asked: Any) -> list[Any]:
        rows = await page(*asked)
        seen.append(sum(len(each["line"]) for each in rows))
        return rows

    monkeypatch.setattr(exporting, "_page", looked_at)
    files = opened(Settings(data_dir=tmp_path / "data"))
    await export(database, files, (mine.name, mine.account_id), tmp_path / "studio")
    await database.close()
    assert max(seen) < exporting._BYTES * 3, "a page is a row more than so many bytes"
    assert len(rows_of(tmp_path / "studio", "letter_files")) == ROWS
