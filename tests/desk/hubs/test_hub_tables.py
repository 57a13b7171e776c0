"""A hub as a table: every record once, no text that is taken for a formula, numbers that stay numbers."""

import codecs
import csv
import io
import struct
import zipfile
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from app.core.principal import Level
from app.desk.hubs import export, querying, sheets
from app.desk.hubs.errors import QueryTooSlow
from app.desk.hubs.sheets import Workbook
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import Json, give, invoiced, leaf, rows, set_by_server

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DANGERS = {
    '=HYPERLINK("http://evil.example")': """'=HYPERLINK("http://evil.example")""",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "\n-1": "'\n-1",
    '"=1': """'"=1""",
    "' =1": "'' =1",
    "\uff1d1": "'\uff1d1",
    'Doe;=1;"': """Doe;'=1;\"""",
    'Doe";"=1': """Doe";'"=1""",
    "Doe ;-)": "Doe ;-)",
    "1=1": "1=1",
}
"""What people have typed, and how a table has it."""


async def table(desk: Desk, hub: str, **asked: object) -> list[list[str]]:
    """Export a hub as CSV."""
    answer = await desk.ask("POST", f"hubs/{hub}/export", asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{hub}.csv"'
    assert answer.content.startswith(codecs.BOM_UTF8), "spreadsheets know UTF-8 by its mark"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes, number: int = 1) -> list[list[Json]]:
    """Read a sheet of a workbook as a spreadsheet does: what each cell is, and its text."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        for name in packed.namelist():
            ET.fromstring(packed.read(name))  # noqa: S314 - our own
        root = ET.fromstring(packed.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
    return [
        [
            {"kind": cell.get("t"), "style": cell.get("s"), "text": "".join(cell.itertext())}
            for cell in row.iter(f"{MAIN}c")
        ]
        for row in root.iter(f"{MAIN}row")
    ]


def form_of(content: bytes, cell: Json) -> str | None:
    """Return how a spreadsheet writes the number of a cell, none for as it is."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        styles = ET.fromstring(packed.read("xl/styles.xml"))  # noqa: S314 - our own
    forms = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{MAIN}numFmt")}
    [chosen] = styles.iter(f"{MAIN}cellXfs")
    return forms.get(list(chosen)[int(cell["style"])].get("numFmtId"))


async def test_a_formula_goes_out_as_text_and_a_number_as_a_number(
    studio: Studio, has: Has, desk: Desk
) -> None:
    for nth, danger in enumerate(DANGERS):
        client = await has("clients", last_name=f"Doe {nth}", company_name="X", custom={"notes_1": danger})
        await invoiced(studio, bill_to_client_id=client["id"], discount=5, total=-5, balance_due=-5)
    columns = ["bill_to_client.last_name", "bill_to_client.custom.notes_1", "total"]
    told = await table(desk, "invoices", columns=columns, sort="bill_to_client.last_name")
    assert told[0] == ["Bill to client: Last name", "Bill to client: Custom: Notes 1", "Total"]
    assert sorted(told[1:]) == sorted(
        [f"Doe {nth}", told, "-0.05"] for nth, told in enumerate(DANGERS.values())
    )
    asked = {"columns": columns, "sort": "bill_to_client.last_name", "format": "xlsx"}
    workbook = await desk.ask("POST", "hubs/invoices/export", asked)
    cells = sheet(workbook.content)[1:]
    assert {(row[1]["kind"], row[2]["kind"], row[2]["text"]) for row in cells} == {
        ("inlineStr", None, "-0.05")
    }
    assert sorted(row[1]["text"] for row in cells) == sorted(DANGERS)


@pytest.mark.parametrize(
    ("currency", "told", "form"),
    [("USD", "1234.50", "#,##0.00"), ("JPY", "123450", "#,##0"), ("BHD", "123.450", "#,##0.000")],
)
async def test_amounts_are_in_the_company_s_money(
    *, studio: Studio, desk: Desk, currency: str, told: str, form: str
) -> None:
    company = (await desk.ask("GET", f"companies/{studio.account.account_id}")).json()
    await set_by_server(studio, "companies", company, currency=currency)
    await invoiced(studio, shipping=123450, total=123450, balance_due=123450)
    asked = {"columns": ["total", "invoice_number"]}
    [_, [total, _]] = await table(desk, "invoices", **asked)
    assert total == told
    workbook = (await desk.ask("POST", "hubs/invoices/export", {**asked, "format": "xlsx"})).content
    [_, [amount, number]] = sheet(workbook)
    assert (amount["kind"], amount["text"], form_of(workbook, amount)) == (None, told, form)
    assert form_of(workbook, number) is None
    [row] = await rows(desk, "invoices", columns=["total"])
    assert row["total"] == 123450


async def test_every_record_is_in_a_table_of_many_pages_once(
    has: Has, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST", 3)
    for nth in range(10):
        await has("clients", last_name=f"Doe {nth:02}", birthday=None if nth % 2 else "1980-01-01")
    asked = {
        "columns": ["last_name", "birthday"],
        "sort": "birthday",
        "filter": leaf("last_name", "starts", "doe"),
    }
    told = await table(desk, "clients", **asked)
    assert sorted(row[0] for row in told[1:]) == [f"Doe {nth:02}" for nth in range(10)]
    assert [row[1] for row in told[1:]] == ["1980-01-01"] * 5 + [""] * 5
    workbook = await desk.ask("POST", "hubs/clients/export", {**asked, "format": "xlsx"})
    names = [row[0]["text"] for row in sheet(workbook.content)[1:]]
    assert names == [row[0] for row in told[1:]]


async def test_an_export_is_an_entry_of_the_trail_before_it_begins(
    studio: Studio, has: Has, desk: Desk, photographer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST", 2)
    for nth in range(5):
        await has("clients", last_name=f"Doe {nth}")
    kept = {"name": "Does", "filter": leaf("last_name", "starts", "doe")}
    filter_id = (await desk.ask("POST", "hubs/clients/filters", kept)).json()["id"]
    sent = leaf("last_name", "not", "Doe 4")
    asked = {"columns": ["last_name"], "sort": "-last_name", "filter_id": filter_id, "filter": sent}
    assert len(await table(desk, "clients", **asked)) == 5
    assert (await desk.ask("POST", "hubs/clients/export", {"sort": "hair"})).status_code == 422
    told = {"hub": "clients", "format": "csv", "columns": ["last_name"], "sort": "-last_name", "rows": 4}
    looked_for = {"filter": sent, "saved_filter": {"id": filter_id, **kept}}
    [entry] = (await desk.ask("GET", "audit?subject=hubs")).json()["entries"]
    assert (entry["action"], entry["feature"], entry["initials"]) == ("exported", "clients", "JD")
    assert (entry["before"], entry["after"]) == (None, {**told, **looked_for})
    monkeypatch.setattr(querying, "count", too_slow)
    assert len(await table(desk, "clients", columns=["last_name"])) == 6
    [latest, _] = (await desk.ask("GET", "audit?subject=hubs")).json()["entries"]
    assert latest["after"]["rows"] is None
    await give(studio, audit=Level.VIEW_ONLY, clients=Level.VIEW_ONLY)
    [_, entry] = (await photographer.ask("GET", "audit?subject=hubs")).json()["entries"]
    assert entry["after"] == told


async def too_slow(*_: object) -> None:
    raise QueryTooSlow(seconds=0)


async def test_a_workbook_has_days_and_the_company_s_clock(has: Has, desk: Desk) -> None:
    client = await has("clients", birthday="1984-06-21", last_name="Doe \x0b & <Sons>")
    asked = {"columns": ["birthday", "created_at", "last_name", "client_number"], "format": "xlsx"}
    answer = await desk.ask("POST", "hubs/clients/export", asked)
    [titles, [birthday, created, name, number]] = sheet(answer.content)
    assert [each["text"] for each in titles] == ["Birthday", "Created at", "Last name", "Client number"]
    begin = date(1899, 12, 30)
    assert begin + timedelta(days=int(birthday["text"])) == date(1984, 6, 21)
    told = datetime(1899, 12, 30) + timedelta(days=float(created["text"]))  # noqa: DTZ001 - a local one
    local = datetime.fromisoformat(client["created_at"]).astimezone(ZoneInfo("America/Denver"))
    assert abs(told - local.replace(tzinfo=None)) < timedelta(seconds=1)
    assert (name["kind"], name["text"]) == ("inlineStr", "Doe \ufffd & <Sons>")
    assert (number["kind"], number["text"]) == (None, "")


async def test_an_empty_hub_is_a_table_with_titles_alone(desk: Desk) -> None:
    assert await table(desk, "texts", columns=["message"]) == [["Message"]]
    answer = await desk.ask("POST", "hubs/texts/export", {"columns": ["message"], "format": "xlsx"})
    assert [[cell["text"] for cell in row] for row in sheet(answer.content)] == [["Message"]]


@pytest.mark.parametrize(("limit", "most"), [("MOST_ROWS", 3), ("MOST_BYTES", 120)])
def test_rows_beyond_a_sheet_go_on_the_next(monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    monkeypatch.setattr(sheets, limit, most)
    workbook = Workbook(["Number"])
    content = b"".join([workbook.add([[nth] for nth in range(5)]), workbook.finish()])
    told = [[row[0]["text"] for row in sheet(content, number)] for number in (1, 2, 3)]
    assert told == [["Number", "0", "1"], ["Number", "2", "3"], ["Number", "4"]]


def test_the_parts_of_a_workbook_begin_as_spreadsheets_want_it() -> None:
    # Excel opens no part whose header has an extra field of lengths that are not known yet (issue 894 of
    # zlib-ng/minizip-ng), and zipfile, which has written it, reads that without a word.
    workbook = Workbook(["Number"])
    content = workbook.add([[1]]) + workbook.finish()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        begins = [each.header_offset for each in packed.infolist()]
    assert len(begins) == 6
    for begin in begins:
        mark, version, flags, *_, packed_size, size, _, extra = struct.unpack_from(
            "<4s5H3L2H", content, begin
        )
        assert (mark, version, flags & 8, packed_size, size, extra) == (b"PK\3\4", 20, 8, 0, 0, 0)


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}"])
def test_a_text_that_is_too_long_for_a_cell_is_cut_and_says_so(letter: str) -> None:
    workbook = Workbook(["Body"])
    content = workbook.add([[letter * 40_000], ["x" * 32_767]]) + workbook.finish()
    [_, [cut], [whole]] = sheet(content)
    told = str(cut["text"])
    assert 32_760 < len(told.encode("utf-16-le")) / 2 <= 32_767
    assert told == letter * (len(told) - 1) + "\N{HORIZONTAL ELLIPSIS}"
    assert whole["text"] == "x" * 32_767


def test_a_workbook_is_sent_as_it_grows_and_keeps_nothing() -> None:
    workbook = Workbook(["Number"])
    sizes = [len(workbook.add([[f"{nth} {each}"] for each in range(2_000)])) for nth in range(60)]
    assert sum(sizes) > 5 * len(workbook.finish())
