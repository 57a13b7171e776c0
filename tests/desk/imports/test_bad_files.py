"""Files that are damaged, too large, or meant to do harm: each refused with its reason, or a row in error."""

import io
import zipfile

import openpyxl
import psutil
import pytest

from app.core.errors import CallerGone
from app.desk.imports import reading
from app.readers.settings import Setting
from app.readers.tables import MAX_BYTES, MAX_COLUMNS, MAX_ROW_CHARACTERS, MAX_ROWS, OLD
from tests.contract.desks import Desk
from tests.desk.imports.uploading import CSV, ICALENDAR, VCARD, XLSX, checked, fates, rows, send, sent


def workbook(sheet: str, size: int = 0) -> bytes:
    """Return a workbook whose sheet is as given, with some megabytes of nothing beside it."""
    book = openpyxl.Workbook()
    made, changed = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))
        if size:
            new.writestr("xl/media/nothing.bin", b"\0" * size * 1_000_000)
    return changed.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + SHEET.format(
    '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
)
WIDE = SHEET.format('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>')
FAR = SHEET.format('<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>')
UNREADABLE = {
    "nothing": (b"", CSV, "empty"),
    "blank lines": (b"\n , \n\n", CSV, "empty"),
    "only headings": (b"first name,last name\n", CSV, "empty"),
    "no workbook": (b"first name\nAda\n", XLSX, "not_this_format"),
    "another archive": (workbook("x")[:200], XLSX, "not_this_format"),
    "a sheet that is no XML": (workbook("x"), XLSX, "damaged"),
    "entities": (workbook(ENTITIES), XLSX, "damaged"),
    "an old workbook": (OLD + b"\0" * 600, XLSX, "old_format"),
    "an old workbook as browsers send it": (OLD + b"\0" * 600, "application/vnd.ms-excel", "old_format"),
    "a locked workbook": (OLD + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), XLSX, "encrypted"),
    "a workbook that is said to be a table": (workbook(SHEET.format("")), CSV, "not_this_format"),
    "a row behind the last": (workbook(FAR), XLSX, "damaged"),
    "no cards": (b"Ada Ferris", VCARD, "not_this_format"),
    "cards that only begin": (b"BEGIN:VCARD\n" * 100_000, VCARD, "not_this_format"),
}
TOO_LONG = {
    "a bomb": (workbook(SHEET.format(""), size=151), XLSX, "bytes_unpacked"),
    "columns": (",".join(["x"] * (MAX_COLUMNS + 1)).encode() + b"\n1\n", CSV, "columns"),
    "rows": (b"first name\n" + b"Ada\n" * (MAX_ROWS + 1), CSV, "rows"),
}


@pytest.mark.parametrize(("content", "type_", "reason"), UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_refused_with_the_reason(
    desk: Desk, content: bytes, type_: str, reason: str
) -> None:
    answer = await send(desk, content, type_)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_unreadable"), answer.text
    assert answer.json()["reason"] == reason


@pytest.mark.parametrize(("content", "type_", "limit"), TOO_LONG.values(), ids=TOO_LONG)
async def test_what_is_too_long_is_refused_by_its_limit(
    desk: Desk, content: bytes, type_: str, limit: str
) -> None:
    answer = await send(desk, content, type_)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_too_long"), answer.text
    assert answer.json()["limit"] == limit


async def test_a_calendar_without_events_is_refused(desk: Desk) -> None:
    empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"
    answer = await send(desk, empty, ICALENDAR, "appointments")
    assert answer.json()["reason"] == "nothing_of_this_kind"


async def test_a_file_of_too_many_bytes_is_refused_before_it_is_read(desk: Desk) -> None:
    answer = await send(desk, b"x" * (MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_row_too_long_or_broken_is_an_error_by_itself(desk: Desk) -> None:
    long = "x" * (MAX_ROW_CHARACTERS + 1)
    text = f'first name,notes\nAda,{long}\nBen,"never closed\nCleo,fine\nDora,a,b\nEve,fine\n'
    told = await checked(desk, made := await sent(desk, text))
    assert fates(told) == {"create": 2, "error": 3}
    assert {each["row"]: each["code"] for each in await rows(desk, made, "error")} == {
        2: "row_unreadable",
        3: "row_unreadable",
        5: "row_unreadable",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_encodings_are_told_apart(desk: Desk, encoding: str) -> None:
    text = "first name;last name\r\nZo\u00eb;M\u00fcller\r\nRen\u00e9e;Dupr\u00e9\r\n"
    made = await sent(desk, text.encode(encoding))
    assert [each["samples"] for each in made["columns"]] == [
        ["Zo\u00eb", "Ren\u00e9e"],
        ["M\u00fcller", "Dupr\u00e9"],
    ]


def calendar(*events: str) -> str:
    """Return a calendar of events, each as it is told behind its id."""
    told = "".join(f"BEGIN:VEVENT\nUID:{place}\n{each}\nEND:VEVENT\n" for place, each in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{told}END:VCALENDAR\n"


NEVER = calendar(*["DTSTART:20260101T100000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 50)
"""Days there are not, looked for until the year 9999."""


async def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SECONDS", 1)
    answer = await send(desk, NEVER, ICALENDAR, "appointments")
    assert (answer.status_code, answer.json()["reason"]) == (422, "too_costly"), answer.text
    await sent(desk, "first name\nAda\n")


async def test_a_file_that_takes_too_much_memory_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MEMORY", 140_000_000)
    many = workbook(SHEET.format('<row r="1">' + "<c/>" * 350_000 + "</row>"))
    answer = await send(desk, many, XLSX)
    assert (answer.status_code, answer.json()["reason"]) == (422, "too_costly"), answer.text
    # As many bytes of lines are no such file: what is behind the last row that is taken is not kept.
    answer = await send(desk, b"a\n" * 2_000_000)
    assert (answer.status_code, answer.json()["limit"]) == (422, "rows"), answer.text


async def test_one_long_text_on_many_days_is_too_much(desk: Desk) -> None:
    rule = "DTSTART:20261101T100000Z\nRRULE:FREQ=DAILY;COUNT=200\nDESCRIPTION:" + "x" * 45_000
    answer = await send(desk, calendar(*[rule] * 6), ICALENDAR, "appointments")
    assert (answer.status_code, answer.json()["limit"]) == (422, "characters"), answer.text


async def test_a_file_is_not_read_on_when_its_sender_has_gone() -> None:
    async def gone() -> None:
        """Hang up at once."""

    setting = Setting("icalendar", "America/Denver", "2026-11-23", True, reading.MEMORY, reading.SECONDS)
    with pytest.raises(CallerGone):
        await reading.read(NEVER.encode(), setting, gone)
    assert not [each for each in psutil.Process().children() if "app.readers" in each.cmdline()], (
        "its process is left"
    )
