"""Files as well-known programs write them."""

import io
from datetime import date

import openpyxl

from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.imports.uploading import (
    FILES,
    ICALENDAR,
    VCARD,
    XLSX,
    checked,
    fates,
    rows,
    run,
    send,
    sent,
)
from tests.samples import named

CLIENTS, APPOINTMENTS = named("clients"), named("appointments")


def file(name: str) -> bytes:
    """Return a file as it was written."""
    return (FILES / name).read_bytes()


async def test_contacts_of_google(desk: Desk) -> None:
    made = await sent(desk, file("google_contacts.csv"))
    assert fates(await checked(desk, made)) == {"create": 1}
    await run(desk, made)
    [maria] = await desk.all(CLIENTS)
    assert (maria["salutation"], maria["first_name"], maria["last_name"]) == ("Dr.", "Maria", "Okonkwo")
    assert (maria["email"], maria["birthday"]) == ("maria@okonkwo.example", "1979-03-02")
    assert [(each["label"], each["number"]) for each in maria["phones"]] == [
        ("Mobile", "+1 518-555-0142"),
        ("Work", "+1 518-555-0143"),
        ("Work", "+1 518-555-0144"),
    ]
    assert maria["address"] == {
        "line_1": "4 Mill Road",
        "line_2": None,
        "city": "Troy",
        "region": "NY",
        "postal_code": "12180",
        "country": "US",
    }
    [row] = await rows(desk, made)
    assert row["reasons"] == {"email": "Only the first of several addresses was taken."}


async def test_contacts_of_outlook_in_the_encoding_of_windows(desk: Desk) -> None:
    made = await sent(desk, file("outlook_contacts.csv"))
    await checked(desk, made)
    assert fates(await run(desk, made)) == {"created": 1}
    [client] = await desk.all(CLIENTS)
    assert (client["first_name"], client["last_name"]) == ("J\u00fcrgen", "M\u00fcller")
    assert (client["birthday"], client["anniversary"]) == ("1984-06-21", None)
    assert client["address"]["city"] == "K\u00f6ln"
    assert client["notes"].splitlines() == ["Prefers \u201cquiet\u201d rooms,", "and mornings"]


async def test_a_workbook_with_days_as_cells(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["First name", "Surname", "Date of birth", "Client number", "Zip"])
    sheet.append(["Ada", "Ferris", date(1984, 6, 21), 1042, 12207])
    sheet.append(["Ben", "Ferris", None, "=A2*2", None])
    written = io.BytesIO()
    book.save(written)
    made = await sent(desk, written.getvalue(), XLSX)
    assert (made["form"], made["total"]) == ("xlsx", 2)
    assert fates(await checked(desk, made)) == {"create": 2}
    await run(desk, made)
    ben, ada = sorted(await desk.all(CLIENTS), key=lambda each: each["client_number"] or 0)
    assert (ada["birthday"], ada["client_number"]) == ("1984-06-21", 1042)
    assert ada["address"]["postal_code"] == "12207"
    assert ben["client_number"] is None, "a formula that was never worked out is nothing"


async def test_cards_of_apple(desk: Desk) -> None:
    made = await sent(desk, file("apple_contacts.vcf"), VCARD)
    assert fates(await checked(desk, made)) == {"create": 2}
    await run(desk, made)
    clients = {each["last_name"]: each for each in await desk.all(CLIENTS)}
    saga = clients["Lindqvist"]
    assert (saga["first_name"], saga["company_name"]) == ("Saga Elin", "Lindqvist Blommor")
    assert saga["notes"] == (
        "Wants the pictures by the lake, and not in the studio\nbefore the leaves have fallen."
    )
    assert [(each["label"], each["number"]) for each in saga["phones"]] == [
        ("Mobile", "+46 70 555 01 42"),
        ("Other", "+46 8 555 01 43"),
    ]
    assert saga["address"]["city"] == "V\u00e4ster\u00e5s"
    assert (clients[None]["company_name"], clients[None]["birthday"]) == ("Lakeside Football Club", None)


async def test_a_damaged_card_stops_none_of_its_neighbours(desk: Desk) -> None:
    broken = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Nobody\r\nBEGIN:X\r\nEND:VCARD\r\n"
    made = await sent(desk, broken + file("apple_contacts.vcf"), VCARD)
    told = await checked(desk, made)
    assert (fates(told)["create"], told["total"]) == (2, 3)


async def test_a_calendar_of_google_becomes_appointments_once(desk: Desk, has: Has) -> None:
    ada = await has("clients", first_name="Ada", last_name="Ferris", email="Ada@Ferris.example")
    made = await sent(desk, file("google_calendar.ics"), ICALENDAR, "appointments")
    told = await checked(desk, made)
    assert fates(told) == {"create": 5, "error": 1}
    assert [each["reasons"] for each in await rows(desk, made, "error")] == [{"": "It is of several days."}]
    await run(desk, made)
    found = sorted(await desk.all(APPOINTMENTS), key=lambda each: (each["date"], each["start_time"] or ""))
    assert [(each["date"], each["start_time"], each["end_time"], each["description"]) for each in found] == [
        ("2026-11-02", "08:00:00", "09:30:00", "Ordering"),
        ("2026-11-16", "12:00:00", "13:00:00", "Ordering, later than usual"),
        ("2026-11-20", None, None, "Bridal fair"),
        ("2026-11-20", "19:30:00", "20:30:00", "First talk"),
        ("2026-11-23", "08:00:00", "09:30:00", "Ordering"),
    ]
    assert len({each["series_id"] for each in found} - {None}) == 1
    assert [each["client_id"] for each in found] == [None, None, None, ada["id"], None]
    again = await sent(desk, file("google_calendar.ics"), ICALENDAR, "appointments")
    assert fates(await checked(desk, again)) == {"duplicate": 5, "error": 1}


async def test_cards_are_clients_and_calendars_appointments(desk: Desk) -> None:
    answer = await send(desk, file("apple_contacts.vcf"), VCARD, "appointments")
    assert (answer.status_code, answer.json()["code"]) == (422, "import_type_unfit")
