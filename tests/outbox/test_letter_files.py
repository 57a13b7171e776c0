"""Files go with letters: taken when they are what they say, named by templates, and kept while they are."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.outbox.files import keeping
from app.outbox.posting import Content
from app.templates.saving import read
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import at_a_desk
from tests.outbox.posting import LAURA, Office

PDF = b"%PDF-1.7\nprices"


@pytest.fixture(autouse=True)
async def empty(office: Office) -> None:
    """Begin with no files and no templates."""
    for table in ("templates", "letter_files"):
        await office.studio.execute(f"DELETE FROM {table} WHERE account_id = $1")


async def send(
    office: Office, name: str = "Prices.pdf", content: bytes = PDF, said: str = "application/octet-stream"
) -> httpx.Response:
    """Send a file for letters."""
    headers = {**office.desk.headers, "Content-Type": said}
    return await office.studio.client.post(
        "/v1/letter-files", params={"name": name}, content=content, headers=headers
    )


async def sent(office: Office, name: str = "Prices.pdf", content: bytes = PDF) -> str:
    """Send a file that is taken, and return its id."""
    answer = await send(office, name, content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def template(*file_ids: str, **changed: Any) -> dict[str, Any]:
    """Return the body of a template with files."""
    usual = {"kind": "form_letter", "basis": "client", "name": "Prices", "subject": "Prices", "text": "Hello"}
    return {**usual, "file_ids": list(file_ids), **changed}


async def test_a_file_is_sent_listed_read_and_removed(office: Office) -> None:
    answer = await send(office, "C:\\folder\\Prices\u202f 2026.PDF", said="application/pdf")
    made = answer.json()
    assert (answer.status_code, made["name"], made["media_type"], made["size"]) == (
        201,
        "Prices 2026.PDF",
        "application/pdf",
        len(PDF),
    )
    path = answer.headers["location"].removeprefix("/v1/")
    listed = (await office.desk.ask("GET", "letter-files")).json()
    assert (listed["files"], listed["size"]) == ([made], len(PDF))
    content = await office.desk.ask("GET", path)
    assert (content.content, content.headers["content-type"]) == (PDF, "application/pdf")
    assert content.headers["content-disposition"] == "attachment; filename*=UTF-8''Prices%202026.PDF"
    assert (await office.desk.ask("DELETE", path)).status_code == 204
    assert (await office.desk.ask("GET", path)).json()["code"] == "letter_file_not_found"
    trail = (await office.desk.ask("GET", "audit?feature=outbox")).json()["entries"]
    assert [each["action"] for each in trail[:2]] == ["deleted", "created"]


@pytest.mark.parametrize(
    ("name", "content", "said", "reason"),
    [
        ("run.exe", b"MZ", "application/octet-stream", "name"),
        ("page.html", b"<html>", "text/html", "name"),
        ("picture.svg", b"<svg>", "image/svg+xml", "name"),
        (".pdf", PDF, "application/pdf", "name"),
        ("pdf", PDF, "application/pdf", "name"),
        ("fdp.\u202eexe", b"MZ", "application/pdf", "name"),
        ("x" * 97 + ".pdf", PDF, "application/pdf", "name"),
        ("prices.pdf", PDF, "text/html", "type"),
        ("prices.pdf", b"MZ", "application/pdf", "content"),
        ("prices.pdf", b"", "application/pdf", "content"),
        ("prices.docx", PDF, "", "content"),
        ("note.txt", b"\xff\xfe\x00", "text/plain", "content"),
        ("note.txt", b"a\0b", "text/plain", "content"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(
    office: Office, name: str, content: bytes, said: str, reason: str
) -> None:
    answer = await send(office, name, content, said)
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
        422,
        "letter_file_refused",
        reason,
    )


async def test_no_card_number_is_kept_in_a_text_or_a_name(office: Office) -> None:
    for name, content in (("a.txt", b"her card: 4111 1111 1111 1111"), ("4111111111111111.pdf", PDF)):
        assert (await send(office, name, content)).json()["code"] == "card_number_refused"


async def test_there_is_room_for_so_much(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 20)
    monkeypatch.setattr(keeping, "MOST_BYTES_IN_ALL", 30)
    large = await send(office, content=PDF.ljust(21))
    assert (large.status_code, large.json()["code"]) == (413, "letter_file_too_large")
    await sent(office)
    full = await send(office, content=PDF.ljust(20))
    assert (full.status_code, full.json()["code"]) == (409, "letter_files_full")
    monkeypatch.setattr(keeping, "MOST_BYTES_IN_ALL", 300)
    monkeypatch.setattr(keeping, "MOST_FILES", 1)
    assert (await send(office)).json()["code"] == "letter_files_full"


async def test_a_template_s_files_arrive_with_its_letters(office: Office) -> None:
    prices, note = await sent(office), await sent(office, "Größe.txt", "Größe: 30 by 40".encode())
    made = await office.desk.ask("POST", "templates", template(prices, note, prices))
    assert made.status_code == 201, made.text
    assert made.json()["file_ids"] == [prices, note]
    async with office.studio.database.reading(office.account_id) as session:
        kept = await read(session, UUID(made.json()["id"]))
    letter = await office.posts(content=Content(kept.subject, kept.text, file_ids=tuple(kept.file_ids)))
    assert (await office.desk.ask("GET", f"letters/{letter}")).json()["file_ids"] == [prices, note]
    refused = await office.desk.ask("DELETE", f"letter-files/{prices}")
    assert (refused.status_code, refused.json()["code"]) == (409, "letter_file_in_use")
    await office.works()
    [arrived] = office.sink.letters
    first, second = arrived.message.iter_attachments()
    assert (first.get_filename(), first.get_content_type(), first.get_content()) == (
        "Prices.pdf",
        "application/pdf",
        PDF,
    )
    assert (second.get_filename(), second.get_content()) == ("Größe.txt", "Größe: 30 by 40")
    assert arrived.text.strip() == "Hello"


async def test_a_file_in_use_stays_until_nothing_names_it(office: Office) -> None:
    prices = await sent(office)
    made = await office.desk.ask("POST", "templates", template(prices, is_inactive=True))
    path = f"templates/{made.json()['id']}"
    in_use = await office.desk.ask("DELETE", f"letter-files/{prices}")
    assert in_use.json()["code"] == "letter_file_in_use"
    changed = await office.desk.ask("PUT", path, template(), if_match='"1"')
    assert changed.status_code == 200, changed.text
    letter = await office.posts(content=Content("A word", "Hello", file_ids=(UUID(prices),)))
    in_use = await office.desk.ask("DELETE", f"letter-files/{prices}")
    assert in_use.json()["code"] == "letter_file_in_use"
    assert (await office.desk.ask("POST", f"letters/{letter}/cancel")).status_code == 200
    assert (await office.desk.ask("DELETE", f"letter-files/{prices}")).status_code == 204


async def test_a_template_names_files_there_are_and_no_more_than_a_letter_has(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = await sent(office)
    monkeypatch.setattr(keeping, "MOST_BYTES_OF_LETTER", len(PDF) - 1)
    text = template(prices, kind="text", subject="")
    for body, code in (
        (template(str(uuid4())), "not_found"),
        (template(prices), "too_large"),
        (text, "not_expected"),
    ):
        refused = await office.desk.ask("POST", "templates", body)
        assert refused.json()["code"] == "template_invalid", refused.text
        assert {"path": "file_ids", "code": code} in refused.json()["fields"]


async def test_a_letter_whose_file_is_gone_fails_and_says_so(office: Office) -> None:
    letter = await office.posts(LAURA, content=Content("A word", "Hello", file_ids=(uuid4(),)))
    await office.works()
    assert (await office.letter(letter))["last_code"] == "file_gone"
    assert office.sink.letters == []


async def test_another_account_s_files_are_none(
    office: Office, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    prices = await sent(office)
    stranger: Studio = await new_studio(database, http, house.state.keys)
    desk = await at_a_desk(stranger)
    assert (await desk.ask("GET", "letter-files")).json()["files"] == []
    for verb in ("GET", "DELETE"):
        assert (await desk.ask(verb, f"letter-files/{prices}")).json()["code"] == "letter_file_not_found"
    refused = await desk.ask("POST", "templates", template(prices))
    assert {"path": "file_ids", "code": "not_found"} in refused.json()["fields"]


async def test_large_files_fit_a_letter(office: Office) -> None:
    files = [await sent(office, f"{n}.pdf", PDF.ljust(2_660_000, b"\xfe")) for n in range(3)]
    letter = await office.posts(content=Content("A word", "Hello", file_ids=tuple(map(UUID, files))))
    await office.works()
    assert (await office.letter(letter))["state"] == "sent"
    [arrived] = office.sink.letters
    assert len([*arrived.message.iter_attachments()]) == 3
