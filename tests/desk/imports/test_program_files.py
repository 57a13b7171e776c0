"""Files that programs have written: see files/README.md."""

from pathlib import Path

from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.conftest import Has
from tests.desk.imports.uploading import (
    CSV,
    FILES,
    ICALENDAR,
    VCARD,
    XLSX,
    checked,
    fates,
    mapped,
    rows,
    run,
    sent,
)
from tests.samples import named

CLIENTS, APPOINTMENTS = named("clients"), named("appointments")
SHEETS = {
    "libreoffice_utf8.csv": CSV,
    "libreoffice_cp1252.csv": CSV,
    "libreoffice_utf16.csv": CSV,
    "libreoffice.xlsx": XLSX,
    "gnumeric.xlsx": XLSX,
}
CARDS = (
    "evolution_3.0.vcf",
    "evolution_2.1.vcf",
    "gammu.vcf",
    "khard_3.0.vcf",
    "khard_4.0.vcf",
    "abook.vcf",
)


def file(name: str) -> bytes:
    """Return a file as it was written."""
    return (FILES / name).read_bytes()


async def test_a_sheet_is_read_the_same_in_every_form(desk: Desk) -> None:
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for name, type_ in SHEETS.items():
        made = await sent(desk, file(name), type_)
        fields = [each["field"] for each in made["columns"]]
        told = await mapped(desk, made, *fields, dates="month_first")
        assert fates(await checked(desk, told)) == {"create": 5, "duplicate": 2, "error": 3}, name
        found[name] = [(each["fate"], sorted(each["reasons"])) for each in await rows(desk, made)]
    assert found["libreoffice.xlsx"] == [
        ("create", []),
        ("create", []),
        ("create", []),
        ("duplicate", ["phone"]),
        ("create", []),
        ("error", ["birthday"]),
        ("error", ["email"]),
        ("duplicate", ["email", "first_and_last_name"]),
        ("create", []),
        ("error", ["client_number"]),
    ]
    for name, fate in found.items():
        assert [each for each, _ in fate] == [each for each, _ in found["libreoffice.xlsx"]], name


async def test_a_sheet_becomes_clients(desk: Desk) -> None:
    made = await sent(desk, file("libreoffice_utf8.csv"))
    await checked(desk, made)
    await run(desk, made)
    clients = {each["client_number"]: each for each in await desk.all(CLIENTS)}
    assert sorted(clients) == [1001, 1002, 1003, 1005, 1009]
    ada, maria, john = clients[1001], clients[1002], clients[1009]
    assert (ada["first_name"], ada["last_name"], ada["birthday"]) == ("Ada", "Ferris", "1984-06-21")
    assert [(each["label"], each["number"]) for each in ada["phones"]] == [
        ("Mobile", "5185550102"),
        ("Other", "(518) 555-0101"),
    ]
    assert (maria["birthday"], maria["address"]["postal_code"]) == ("1979-03-02", "02118")
    assert maria["notes"] == "Prefers \u201cquiet\u201d rooms,\nand mornings"
    assert (john["first_name"], [each["label"] for each in john["phones"]]) == ("John & Mary", ["Home"])
    [told, *_] = await rows(desk, made)
    assert told["reasons"] == {"birthday": "The year was taken for 1984."}


async def test_the_report_of_a_messy_sheet_is_the_one_on_the_page(
    desk: Desk, has: Has, repository: Path
) -> None:
    laura = await has("clients", last_name="Hartley", client_number=77, company_name=None, phones=[])
    made = await sent(desk, file("libreoffice_utf8.csv"))
    await checked(desk, made)
    report = (await desk.ask("GET", f"imports/{made['id']}/rows.csv")).text
    page = (repository / "docs" / "desk.md").read_text()
    shown = report.replace(laura["id"], "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11").replace("\r\n", "\n")
    assert f"```csv\n{shown}```" in page, shown


async def test_cards_of_every_program_become_clients(desk: Desk) -> None:
    found: dict[str, list[Record]] = {}
    for name in CARDS:
        made = await sent(desk, file(name), VCARD)
        assert set(fates(await checked(desk, made))) <= {"create", "duplicate"}, name
        await run(desk, made, "create")
        ids = [each["record_id"] for each in await rows(desk, made)]
        found[name] = [(await desk.read(CLIENTS, each)).json() for each in ids]
    for name in CARDS[:3]:
        saga, club = found[name]
        assert saga["notes"] == (
            "Wants the pictures by the lake, and not in the studio;\nbefore the leaves have fallen."
        ), name
        assert [(each["label"], each["number"]) for each in saga["phones"]] == [
            ("Mobile", "+46 70 555 01 42"),
            ("Home", "+46 8 555 01 43"),
            ("Fax", "+46 8 555 01 44"),
        ]
        assert (saga["last_name"], saga["birthday"]) == ("Lindqvist", "1984-06-21")
        assert saga["address"]["city"] == "V\u00e4ster\u00e5s"
        assert (club["last_name"], club["company_name"]) == (None, "Lakeside Football Club")
    for name, birthday in (("khard_3.0.vcf", "1991-02-28"), ("khard_4.0.vcf", None)):
        [noor] = found[name]
        assert (noor["first_name"], noor["last_name"], noor["birthday"]) == ("Noor", "van der Berg", birthday)
        assert [each["number"] for each in noor["phones"]] == ["+31 20 555 0180", "+31 20 555 0181"]
        assert noor["notes"] == "Allergic to lilies.\nCall after six."
    zoe, pavel = found["abook.vcf"]
    assert [each["label"] for each in (*zoe["phones"], *pavel["phones"])] == ["Home", "Mobile", "Work"]
    assert zoe["notes"] == "Twins; bring the props"


async def test_calendars_sent_again_make_nothing_twice(desk: Desk) -> None:
    for name, many, wrong in (("calcurse.ics", 5, {"error": 1}), ("radicale.ics", 4, {})):
        made = await sent(desk, file(name), ICALENDAR, "appointments")
        assert fates(await checked(desk, made)) == {"create": many, **wrong}
        await run(desk, made)
        again = await sent(desk, file(name), ICALENDAR, "appointments")
        assert fates(await checked(desk, again)) == {"duplicate": many, **wrong}
    found = {(each["date"], each["start_time"]): each for each in await desk.all(APPOINTMENTS)}
    assert found["2026-12-01", "14:00:00"]["notes"] == (
        "Bring the album samples.\nShe comes with her mother."
    )
    weekly = [found[f"2026-{day}", "09:00:00"]["series_id"] for day in ("11-30", "12-07", "12-21")]
    assert (None not in weekly, len(set(weekly)), len(found)) == (True, 1, 9)


async def test_a_table_without_headings_loses_no_row(desk: Desk) -> None:
    made = await sent(desk, file("abook.csv"), headings=False)
    assert (made["total"], [each["name"] for each in made["columns"]][:2]) == (2, ["Column 1", "Column 2"])
    told = await mapped(desk, made, "full_name", "email", "phone_home", "notes")
    assert fates(await checked(desk, told)) == {"create": 2}
    await run(desk, told)
    clients = {each["last_name"]: each for each in await desk.all(CLIENTS)}
    assert (clients["Dupr\u00e9"]["email"], clients["Nov\u00e1k"]["first_name"]) == (
        "zoe@dupre.example",
        "Pavel",
    )
    assert clients["Dupr\u00e9"]["notes"] == "Twins; bring the props"
