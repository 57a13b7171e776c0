"""Files with the number of a card are refused: it is said where, and nothing of them is kept."""

import io
from typing import Any

import openpyxl

from app.core.db import Database
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.imports.uploading import CSV, ICALENDAR, VCARD, XLSX, mapped, send, sent
from tests.desk.test_card_numbers_refused import CARD, SPACED, seeded

WIDE = CARD.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
CARDS = "".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ferris;{name};;;\r\nFN:{name} Ferris\r\nNOTE:{note}\r\nEND:VCARD\r\n"
    for name, note in (("Ada", "likes blue"), ("Ben", f"card {SPACED}, 08/28"))
)
EVENTS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260504T090000\r\n"
    f"DTEND:20260504T100000\r\nSUMMARY:Portraits\r\nDESCRIPTION:Deposit on {SPACED.replace(' ', '-')}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def workbook(*rows: list[Any]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(content)
    return content.getvalue()


OLD = f"first name\nZoë {SPACED}\n".replace(" ", "\xa0").encode("cp1252")
ROWS = ["first name", "last name", "remarks"], ["Ada", "Ferris", int(CARD)]
FILES: tuple[tuple[bytes | str, str, str, tuple[int | None, int, int]], ...] = (
    (f"first name,remarks\nAda,\nBen,{SPACED}\nCal,{CARD}\n", CSV, "clients", (3, 2, 2)),
    (f"first name,last name\nZoë,{WIDE}\n".encode("utf-16"), CSV, "clients", (2, 2, 1)),
    (OLD, CSV, "clients", (2, 1, 1)),
    (f"first name,{CARD}\nAda,x\n", CSV, "clients", (None, 2, 1)),
    (workbook(*ROWS), XLSX, "clients", (2, 3, 1)),
    (CARDS, VCARD, "clients", (2, 3, 1)),
    (EVENTS, ICALENDAR, "appointments", (1, 8, 1)),
)


async def test_a_file_with_a_card_number_is_refused_with_its_place(desk: Desk) -> None:
    for content, type_, kind, where in FILES:
        answer = await send(desk, content, type_, kind)
        assert (answer.status_code, answer.json()["code"]) == (422, "card_number_refused"), answer.text
        assert tuple(answer.json()[name] for name in ("row", "column", "cells")) == where
        for secret in (CARD, SPACED, WIDE, "Ferris"):
            assert secret not in answer.text
    assert (await desk.ask("GET", "imports")).json() == {"imports": []}


async def test_nothing_is_kept_of_what_is_said_of_a_file_later(
    studio: Studio, desk: Desk, database: Database
) -> None:
    made = await sent(desk, "first name,telephones\nAda,415-555-0104 / 415-555-0100\n")
    answer = await desk.ask(
        "PUT", f"imports/{made['id']}/mapping", {"fields": ["first_name", CARD]}, if_match='"1"'
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "card_number_refused")
    assert (await mapped(desk, made, "first_name", "phone_other"))["version"] == 2
    assert await seeded(database, studio) == 0
