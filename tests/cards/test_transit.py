"""What is said to TransIT, byte by byte, and what is made of its answers: nothing that is not certain."""

import re
from datetime import date
from pathlib import Path

import pytest

from app.cards.gateway import (
    Absent,
    Amount,
    Approved,
    Booked,
    Charge,
    Declined,
    Found,
    NotSent,
    Partial,
    Refund,
    Token,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.transit import operations
from app.cards.transit.adapter import Credentials, Key, Transit
from app.cards.transit.codes import CODES
from app.cards.transit.manifest import manifest
from app.cards.transit.operations import OPERATIONS
from app.cards.transit.wire import Wire
from app.core import clock

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).resolve().parents[2]
KEY = "K0123456789ABCDEFGHIJKLMNOPQRSTU"


class Said(Wire):
    """A way on which what is said is kept, and what is answered was chosen."""

    def __init__(self, *answers: bytes | NotSent | Unknown) -> None:
        super().__init__("https://processor.test")
        self.said: list[bytes] = []
        self.answers = list(answers)

    async def ask(self, body: bytes) -> bytes | NotSent | Unknown:
        self.said.append(body)
        return self.answers.pop(0)


class Kept:
    """A key that is kept in memory."""

    def __init__(self, key: str | None = KEY) -> None:
        self.key = key

    async def current(self) -> Key | None:
        return Key(self.key, clock.now()) if self.key else None

    async def latest(self) -> Key | None:
        return await self.current()

    async def keep(self, key: str) -> None:
        self.key = key

    def refused(self, code: str) -> None:
        raise AssertionError(code)


def transit(said: Said, key: str | None = KEY) -> Transit:
    merchant = Credentials("888000001653", "TA32150", "a <long> word", "88800000165301", "003227G001")
    return Transit(said, merchant, Kept(key), environment="staging", is_simulated=True)


def answer(operation: str, inner: str, code: str = "A0000", status: str = "PASS") -> bytes:
    told = f"<status>{status}</status><responseCode>{code}</responseCode>{inner}"
    return f"<{operation}Response>{told}</{operation}Response>".encode()


BOOKED = "<transactionID>20000001</transactionID><processedAmount>12.30</processedAmount>"
CHARGE = Charge("R1234567890ABCDEFGHI", Amount(12_30, "USD"), Token("T4x1cQ0mAa8rZ2pW"), "08/2031")
SALE = Booked("R1234567890ABCDEFGHI", Amount(12_30, "USD"), "20000001")
BACK = Refund("R2234567890ABCDEFGHI", Amount(12_30, "USD"), SALE)
NAMELESS = Booked("R1234567890ABCDEFGHI", Amount(1_23, "USD"))


def at_any_time() -> bool:
    """Let every request go."""
    return True


async def test_each_request_is_as_its_golden_file_has_it() -> None:
    said = Said(*[Unknown("no matter")] * 9)
    asked = transit(said)
    await asked.sale(CHARGE, at_any_time)
    await asked.void(SALE)
    await asked.void(NAMELESS)
    await asked.refund(BACK, at_any_time)
    await asked.verify_and_store(Token("T4x1cQ0mAa8rZ2pW"))
    await asked.lookup("R1234567890ABCDEFGHI")
    await asked.close_batch()
    await asked.settled(date(2026, 5, 4))
    await transit(said, None).sale(CHARGE, at_any_time)
    names = (
        "sale",
        "void",
        "void_by_reference",
        "return",
        "card_authentication",
        "lookup",
        "batch_close",
        "report",
        "generate_key",
    )
    golden = {name: (GOLDEN / f"{name}.xml").read_bytes().rstrip(b"\n") for name in names}
    assert dict(zip(names, said.said, strict=True)) == golden


def test_a_request_that_lacks_something_or_has_too_much_is_none() -> None:
    for values in ({}, {**dict.fromkeys(operations.BATCH_CLOSE.elements, "x"), "cardNumber": "x"}):
        with pytest.raises(ValueError, match="BatchClose"):
            operations.BATCH_CLOSE.xml(values)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer("Sale", BOOKED), Approved),
        (answer("Sale", BOOKED.replace("12.30", "6.15"), "A0002"), Partial),
        (answer("Sale", "", "D2051", "FAIL"), Declined),
        (answer("Sale", "", "D0003", "FAIL"), Declined),
        (answer("Sale", "", "F9901", "FAIL"), Declined),
        (answer("Sale", BOOKED, "A0000", "FAIL"), Unknown),
        (answer("Sale", BOOKED, "D2051", "PASS"), Unknown),
        (answer("Sale", BOOKED, "Z9999"), Unknown),
        (answer("Sale", BOOKED.replace("12.30", "1230")), Unknown),
        (answer("Sale", "<processedAmount>12.30</processedAmount>"), Unknown),
        (answer("Sale", BOOKED)[:-9], Unknown),
        (answer("Sale", BOOKED) * 2, Unknown),
        (answer("Void", BOOKED), Unknown),
        (b"<html><body>Error</body></html>", Unknown),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><SaleResponse>&a;</SaleResponse>", Unknown),
        (b"", Unknown),
        (Unknown("ReadTimeout"), Unknown),
        (NotSent("ConnectError"), NotSent),
    ],
)
async def test_a_sale_is_what_its_answer_surely_says(
    told: bytes | NotSent | Unknown, kind: type[object]
) -> None:
    assert isinstance(await transit(Said(told)).sale(CHARGE, at_any_time), kind)


async def test_a_duplicate_of_our_own_request_is_looked_up_and_adopted() -> None:
    line = (
        "<operation>Sale</operation><status>PASS</status><responseCode>A0000</responseCode>"
        f"<externalReferenceID>{CHARGE.external_ref}</externalReferenceID>{BOOKED}"
    )
    found = answer("TransactionInquiry", f"<transactionDetails>{line}</transactionDetails>")
    said = Said(
        answer("Sale", "", "D0001", "FAIL"),
        found,
        answer("Sale", "", "D0008", "FAIL"),
        answer("TransactionInquiry", ""),
    )
    assert isinstance(await transit(said).sale(CHARGE, at_any_time), Approved)
    declined = await transit(said).sale(CHARGE, at_any_time)
    assert declined == Declined("duplicate_within_a_minute", why=Why.ALIKE)


async def test_what_may_be_alike_to_itself_or_cannot_be_looked_up_is_not_declined() -> None:
    alike, absent = answer("Sale", "", "D0008", "FAIL"), answer("TransactionInquiry", "")
    new = answer("GenerateKey", f"<transactionKey>{KEY}N</transactionKey>")
    twice = Said(answer("Sale", "", "E0002", "FAIL"), new, alike, absent)
    assert isinstance(await transit(twice).sale(CHARGE, at_any_time), Unknown)
    assert isinstance(await transit(Said(alike, b"<html/>")).sale(CHARGE, at_any_time), Unknown)
    host = answer("Sale", "", "D2022", "FAIL")
    assert isinstance(await transit(Said(host, absent)).sale(CHARGE, at_any_time), Unknown)


async def test_a_lookup_is_believed_when_it_tells_one_sale_of_our_reference() -> None:
    line = "<transactionDetails><operation>Sale</operation><status>PASS</status>"
    line += "<responseCode>A0000</responseCode>"
    line += f"<externalReferenceID>{CHARGE.external_ref}</externalReferenceID>{BOOKED}"
    voided = f"{line}<isVoided>true</isVoided><batchState>CLOSED</batchState></transactionDetails>"
    line += "</transactionDetails>"
    other = line.replace(CHARGE.external_ref, "R0")
    told = [answer("TransactionInquiry", inner) for inner in (line, voided, "", line + line, other)]
    looks = [await transit(Said(each)).lookup(CHARGE.external_ref) for each in told]
    assert isinstance(looks[0], Found)
    assert (looks[0].minor, looks[0].is_voided, looks[0].is_settled) == (12_30, False, False)
    assert isinstance(looks[1], Found)
    assert (looks[1].is_voided, looks[1].is_settled) == (True, True)
    assert isinstance(looks[2], Absent)
    assert isinstance(looks[3], Unavailable)
    assert isinstance(looks[4], Unavailable)


async def test_what_may_go_no_longer_is_not_sent_and_not_sent_again() -> None:
    said = Said(
        answer("Sale", "", "E0002", "FAIL"), answer("GenerateKey", f"<transactionKey>{KEY}N</transactionKey>")
    )
    may_go = iter([True, False])
    assert isinstance(await transit(said).sale(CHARGE, lambda: next(may_go)), NotSent)
    assert [each.partition(b">")[0] for each in said.said] == [b"<Sale", b"<GenerateKey"]
    silent = Said()
    assert isinstance(await transit(silent).refund(BACK, lambda: False), NotSent)
    assert silent.said == []


async def test_nobody_listens_and_nothing_was_sent() -> None:
    wire = Wire("http://127.0.0.1:1", connecting=1, answering=1)
    assert isinstance(await wire.ask(b"<Sale/>"), NotSent)
    await wire.close()


def test_the_manifest_is_as_public_clients_make_it() -> None:
    made = manifest("888000001653", "88800000165301", KEY, 0, date(2026, 5, 4))
    assert re.fullmatch("[0-9a-f]{136}", made)
    assert made == manifest("888000001653", "88800000165301", KEY, 0, date(2026, 5, 4))
    assert made != manifest("888000001653", "88800000165301", KEY, 1, date(2026, 5, 4))


def test_nothing_secret_shows_itself() -> None:
    merchant = Credentials("888000001653", "TA32150", "a-long-word", "88800000165301", "003227G001")
    shown = f"{merchant!r} {CHARGE!r} {CHARGE.token!r}"
    assert "a-long-word" not in shown
    assert CHARGE.token.secret not in shown


def test_the_page_tells_each_operation_and_code_with_how_it_is_known() -> None:
    page = (ROOT / "docs" / "cards.md").read_text()
    rows = {
        row[0]: row
        for line in page.splitlines()
        if (row := [each.strip(" `") for each in line.split("|")[1:-1]])
    }
    for operation in OPERATIONS:
        told = [f"{name}?" if name in operation.may_lack else name for name in operation.elements]
        assert rows[operation.name] == [operation.name, ", ".join(told), operation.known.value]
    for code in CODES:
        assert rows[code.code] == [code.code, code.says, code.meaning.value, code.known.value]
