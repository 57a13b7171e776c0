"""Each line of the simulator's table of behaviours is true: on real TCP, held against its ledger."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest

from app.simulator.behaviours import BEHAVIOURS, Fate, Source, trigger
from app.simulator.cards import numbers_of
from app.simulator.operations import money
from app.simulator.server import Simulator
from tests.facts import Property
from tests.simulator.talking import (
    NORTH,
    VISA,
    Answered,
    Studio,
    manifest,
    new_reference,
    request,
)

Proof = Callable[[Studio, str], Awaitable[None]]
PROOFS: dict[str, Proof] = {}


def proves(*names: str) -> Callable[[Proof], Proof]:
    """Say which behaviours a proof is of."""

    def kept(proof: Proof) -> Proof:
        PROOFS.update(dict.fromkeys(names, proof))
        return proof

    return kept


@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_each_behaviour_is_as_the_table_tells(
    name: str, studio: Studio, record_property: Property
) -> None:
    await PROOFS[name](studio, name)
    record_property(f"counted: behaviours of the simulator that are {BEHAVIOURS[name].source}", 1)


async def test_the_table_names_nothing_that_is_not_there(studio: Studio) -> None:
    assert PROOFS.keys() == BEHAVIOURS.keys()
    told = {each["name"]: each["source"] for each in await studio.control("/behaviours")}
    assert told == {name: str(each.source) for name, each in BEHAVIOURS.items()}
    assert set(told.values()) == set(Source)


def amount_of(name: str) -> str:
    cents = trigger(BEHAVIOURS[name])
    assert cents is not None, name
    return money(cents)


def cents_of(name: str) -> int:
    return trigger(BEHAVIOURS[name]) or 0


@proves("approved")
async def approved(studio: Studio, _: str) -> None:
    reference = new_reference()
    paid = await studio.pay("12.30", reference=reference)
    assert (paid.status, paid.code, paid["processedAmount"]) == ("PASS", "A0000", "12.30")
    assert (paid["cardType"], paid["maskedCardNumber"]) == ("V", "1111")
    [found] = await studio.look_up(externalReferenceID=reference)
    assert (found["transactionID"], found["status"], found["isVoided"]) == (
        paid["transactionID"],
        "PASS",
        "false",
    )
    assert (found["batchState"], await studio.booked(reference)) == ("OPEN", 1230)


@proves("partial")
async def partial(studio: Studio, name: str) -> None:
    reference = new_reference()
    paid = await studio.pay(amount_of(name), reference=reference)
    assert (paid.status, paid.code) == ("PASS", "A0002")
    assert (paid["transactionAmount"], paid["processedAmount"]) == ("9000.01", "4500.01")
    assert await studio.booked(reference) == 450001


@proves(*(name for name, each in BEHAVIOURS.items() if each.code.startswith("D20") and not each.refuses))
async def declined(studio: Studio, name: str) -> None:
    [number] = numbers_of(BEHAVIOURS[name])
    for amount, card in ((amount_of(name), VISA), ("12.30", number)):
        reference = new_reference()
        paid = await studio.pay(amount, await studio.token(card), reference)
        assert (paid.status, paid.code) == ("FAIL", BEHAVIOURS[name].code)
        assert paid.fields.keys() == {"status", "responseCode", "responseMessage"}
        [found] = await studio.look_up(externalReferenceID=reference)
        assert (found["status"], found["processedAmount"]) == ("FAIL", "0.00")
        assert await studio.booked(reference) == 0


@proves("hang_before_booking", "book_then_hang")
async def hangs(studio: Studio, name: str) -> None:
    reference, is_late = new_reference(), BEHAVIOURS[name].is_late
    waiting = asyncio.create_task(studio.pay(amount_of(name), reference=reference))
    [hanging] = await studio.control("/waiting?at_least=1")
    booked = cents_of(name) if is_late else 0
    assert (hanging["reference"], await studio.booked(reference)) == (reference, booked)
    await studio.control("/release", all=True)
    assert ((await waiting).code, await studio.booked(reference)) == ("A0000", cents_of(name))
    reference = new_reference()
    await studio.control("/behave", behaviour=name, reference=reference)
    async with studio.line(await studio.paying("7.89", reference=reference)):
        await studio.control("/waiting?at_least=1")
    assert await studio.control("/waiting?at_most=0") == []
    assert await studio.booked(reference) == (789 if is_late else 0)
    [told] = (await studio.control(f"/ledger?reference={reference}"))["requests"]
    assert told["code"] == ("A0000" if is_late else None)


@proves("reset_before_booking", "book_then_reset")
async def resets(studio: Studio, name: str) -> None:
    reference, is_late = new_reference(), BEHAVIOURS[name].is_late
    body = await studio.paying(amount_of(name), reference=reference)
    heard, is_reset = await asyncio.to_thread(studio.heard, body)
    assert is_reset
    assert (b"<SaleResponse>" in heard, b"</SaleResponse>" in heard) == (is_late, False)
    assert await studio.booked(reference) == (cents_of(name) if is_late else 0)


@proves("drip")
async def drips(studio: Studio, name: str) -> None:
    await studio.control("/knobs", pace=3600)
    reference = new_reference()
    async with studio.line(await studio.paying(amount_of(name), reference=reference)) as (reader, _):
        assert await reader.read(1000) == b"H"
        assert await studio.booked(reference) == cents_of(name)
        await studio.control("/knobs", pace=0)
        await studio.control("/release", all=True)
        assert (await reader.readuntil(b"</SaleResponse>")).startswith(b"TTP/1.1 200")


@proves("html_error", "book_then_html_error", "truncated", "garbage")
async def garbled(studio: Studio, name: str) -> None:
    reference = new_reference()
    answer = await studio.post(await studio.paying(amount_of(name), reference=reference))
    is_html = BEHAVIOURS[name].fate is Fate.HTML
    assert answer.status_code == (500 if is_html else 200)
    assert answer.headers["content-type"].startswith("text/html" if is_html else "text/xml")
    with pytest.raises((ET.ParseError, KeyError)):
        Answered(answer.content)
    assert await studio.booked(reference) == (cents_of(name) if BEHAVIOURS[name].is_late else 0)


@proves("answered_twice")
async def answered_twice(studio: Studio, name: str) -> None:
    reference = new_reference()
    async with studio.line(await studio.paying(amount_of(name), reference=reference)) as (reader, _):
        first, second = [await reader.readuntil(b"</SaleResponse>") for _ in range(2)]
    assert first == second
    assert await studio.booked(reference) == cents_of(name)


@proves("odd_pass", "odd_fail")
async def odd(studio: Studio, name: str) -> None:
    reference = new_reference()
    paid = await studio.pay(amount_of(name), reference=reference)
    is_booked = name == "odd_pass"
    assert (paid.status, paid.code) == (("PASS", "Z9999") if is_booked else ("FAIL", "A0000"))
    assert len(await studio.look_up(externalReferenceID=reference)) == is_booked
    assert await studio.booked(reference) == cents_of(name) * is_booked


@proves("host_duplicate")
async def host_duplicate(studio: Studio, name: str) -> None:
    reference = new_reference()
    assert (await studio.pay(amount_of(name), reference=reference)).code == "D2022"
    assert await studio.booked(reference) == 0
    await studio.pay("4.56")
    studio.device = "88700000102"
    assert (await studio.pay("4.56")).code == "D2022"


@proves("late_lookup")
async def late_lookup(studio: Studio, name: str) -> None:
    reference = new_reference()
    await studio.pay(amount_of(name), reference=reference)
    await studio.control("/advance", seconds=590)
    assert await studio.look_up(externalReferenceID=reference) == []
    await studio.control("/advance", seconds=20)
    assert len(await studio.look_up(externalReferenceID=reference)) == 1


@proves("expired_key")
async def expired_key(studio: Studio, name: str) -> None:
    await studio.control("/behave", behaviour=name)
    reference = new_reference()
    assert (await studio.pay(reference=reference)).code == "E0002"
    assert (await studio.pay(reference=reference)).code == "A0000"


@proves("strict_order")
async def strict_order(studio: Studio, _: str) -> None:
    right = (await studio.paying()).decode()
    root = ET.fromstring(right)  # noqa: S314 - of our own
    elements = [(each.tag, each.text or "") for each in root]
    twisted = [*elements[:-2], elements[-1], elements[-2]]
    card = elements[5][1]
    wrong = [
        request("Sale", *twisted),
        request("Sale", *elements, ("note", "more")),
        request("Sale", *elements[:-1]),
        request("Sale", *elements[:3], *elements[2:]),
        request("Purchase", *elements),
        right.replace("<Sale>", '<Sale kind="x">').encode(),
        right.replace("<Sale>", "<Sale>text").encode(),
        right.replace("USD", "CAD").encode(),
        right.replace(card, "4111111111111111").encode(),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + right.encode(),
        right.encode()[:-3],
        b"x" * 70_000,
    ]
    for body in wrong:
        answer = await studio.post(body)
        assert Answered(answer.content).code == "F9901", body[:300]
        assert "4111" not in answer.text
    assert Answered((await studio.post(right.encode())).content).code == "A0000"


@proves("amount_format")
async def amount_format(studio: Studio, _: str) -> None:
    token = await studio.token()
    for amount in (
        "1230",
        "12.3",
        "12,30",
        "0.00",
        "-1.00",
        "1e2",
        " 1.00",
        "12345678.00",
        "\N{ARABIC-INDIC DIGIT ONE}.00",
    ):
        assert (await studio.pay(amount, token)).code == "F9901", amount
    assert (await studio.pay("1.23", token))["processedAmount"] == "1.23"


@proves("own_device")
async def own_device(studio: Studio, _: str) -> None:
    async with Studio(studio.url, studio.control_url, NORTH) as north:
        north.key, studio.key = studio.key, north.key
        for crossed in (north, studio):
            answer = await crossed.pay("3.21", token="A" * 24)
            assert (answer.status, answer.code) == ("FAIL", "E0001")
        north.key, studio.key = studio.key, north.key
        paid = await studio.pay("3.21")
        # Neither does a token, a transaction or a reference of another merchant open anything.
        assert (await north.pay("3.22", token=paid["token"])).code == "D2014"
        assert (await north.void(transactionID=paid["transactionID"])).code == "D0006"
        assert await north.look_up(transactionID=paid["transactionID"]) == []


@proves("inactive_device")
async def inactive_device(studio: Studio, _: str) -> None:
    studio.device = "88700000109"
    assert (await studio.pay(token="A" * 24)).code == "E0010"


@proves("wrong_password")
async def wrong_password(studio: Studio, _: str) -> None:
    assert (await studio.new_key(password="other")).code == "E0003"


@proves("key_expires")
async def key_expires(studio: Studio, _: str) -> None:
    token = await studio.token()
    await studio.control("/knobs", token_seconds=200_000)
    await studio.control("/advance", seconds=86_390)
    kept = await studio.token()
    await studio.control("/advance", seconds=20)
    assert (await studio.pay(token=kept)).code == "E0002"
    studio.key = (await studio.new_key())["transactionKey"]
    assert [(await studio.pay(token=each)).code for each in (token, kept)] == ["D2014", "A0000"]


@proves("key_exchanged")
async def key_exchanged(studio: Studio, _: str) -> None:
    old, beside = studio.key, (await studio.new_key())["transactionKey"]
    new = (await studio.new_key(("transactionKey", old)))["transactionKey"]
    codes = []
    for studio.key in (old, beside, new):
        codes.append((await studio.ask("BatchClose", ("developerID", "DEV1"))).code)
    assert codes == ["E0002", "A3200", "A3200"]


@proves("manifest")
async def manifests(studio: Studio, _: str) -> None:
    now = datetime.fromisoformat((await studio.control("/"))["now"])
    assert (await studio.field())["status"] == "PASS"
    right = manifest(studio.key, studio.merchant, studio.device, now)
    wrong = {
        "of another day": manifest(
            studio.key, studio.merchant, studio.device, now.replace(year=now.year - 1)
        ),
        "of another merchant": manifest(studio.key, NORTH, "88700000201", now),
        "of another key": manifest("K" * 32, studio.merchant, studio.device, now),
        "of an inactive device": manifest(studio.key, studio.merchant, "88700000109", now),
        "cut": right[:-1],
        "turned": right[:20] + right[20:22][::-1] + right[22:] if right[20] != right[21] else right[::-1],
    }
    for why, made in wrong.items():
        told = await studio.field(manifest=made)
        assert (told["status"], "tsepToken" in told) == ("FAIL", False), why
    for other in (
        {"deviceID": "88700000102"},
        {"expirationDate": "13/2030"},
        {"cardNumber": "4532015112830366"},
    ):
        told = await studio.field(**other)
        assert (told["status"], "4532" in json.dumps(told)) == ("FAIL", False)


@proves("temporary_token")
async def temporary_token(studio: Studio, _: str) -> None:
    token = await studio.token()
    assert [(await studio.pay("2.00", token)).code for _ in range(2)] == ["A0000", "D2014"]
    token = await studio.token()
    await studio.control("/advance", seconds=901)
    assert (await studio.pay("2.01", token)).code == "D2014"


@proves("lasting_token")
async def lasting_token(studio: Studio, _: str) -> None:
    card = (("cardDataSource", "INTERNET"), ("cardNumber", await studio.token()), ("developerID", "DEV1"))
    kept = await studio.ask("CardAuthentication", *card)
    assert (kept["maskedCardNumber"], kept["cardType"]) == ("1111", "V")
    await studio.control("/advance", seconds=90_000)
    studio.key = (await studio.new_key())["transactionKey"]
    first = await studio.pay("2.10", kept["token"])
    second = await studio.pay("2.11", (await studio.pay("2.12"))["token"])
    assert (first["token"], first.code, second.code) == (kept["token"], "A0000", "A0000")


@proves("duplicate_of_approved", "duplicate_of_declined", "duplicate_of_reversed")
async def duplicates(studio: Studio, name: str) -> None:
    reference, code = new_reference(), {"approved": "D0001", "declined": "D0003", "reversed": "D0009"}
    what = name.rpartition("_")[2]
    paid = await studio.pay(amount_of("over_limit") if what == "declined" else "5.00", reference=reference)
    if what == "reversed":
        await studio.void(transactionID=paid["transactionID"])
    before = await studio.booked(reference)
    assert (await studio.pay("6.00", reference=reference)).code == code[what]
    assert await studio.booked(reference) == before


@proves("possible_duplicate")
async def possible_duplicate(studio: Studio, _: str) -> None:
    await studio.pay("8.00")
    assert (await studio.pay("8.00")).code == "D0008"
    assert (await studio.pay("8.00", operation="Auth")).code == "A0000"
    await studio.control("/advance", seconds=61)
    assert (await studio.pay("8.00")).code == "A0000"


@proves("lookup")
async def lookup(studio: Studio, _: str) -> None:
    reference = new_reference()
    assert await studio.look_up(externalReferenceID=reference) == []
    paid = await studio.pay("9.00", reference=reference)
    by_reference = await studio.look_up(externalReferenceID=reference)
    assert by_reference == await studio.look_up(transactionID=paid["transactionID"])
    assert [each["authCode"] for each in by_reference] == [paid["authCode"]]


@proves("lookup_lag")
async def lookup_lag(studio: Studio, _: str) -> None:
    await studio.control("/knobs", lookup_lag=120)
    reference = new_reference()
    await studio.pay("9.10", reference=reference)
    await studio.control("/advance", seconds=110)
    assert await studio.look_up(externalReferenceID=reference) == []
    await studio.control("/advance", seconds=11)
    assert len(await studio.look_up(externalReferenceID=reference)) == 1


@proves("void_by_reference", "nothing_to_void")
async def voids(studio: Studio, _: str) -> None:
    reference = new_reference()
    assert (await studio.void(externalReferenceID=reference)).code == "D0006"
    await studio.pay("9.20", reference=reference)
    voided = await studio.void(externalReferenceID=reference)
    assert (voided.code, voided["voidedAmount"], await studio.booked(reference)) == ("A0000", "9.20", 0)
    assert (await studio.look_up(externalReferenceID=reference))[0]["isVoided"] == "true"


@proves("void_not_allowed")
async def void_not_allowed(studio: Studio, _: str) -> None:
    settled, gone, refused = [new_reference() for _ in range(3)]
    await studio.pay("9.30", reference=settled)
    await studio.close_batch()
    await studio.pay("9.31", reference=gone)
    await studio.void(externalReferenceID=gone)
    await studio.pay(amount_of("over_limit"), reference=refused)
    codes = {(await studio.void(externalReferenceID=each)).code for each in (settled, gone, refused)}
    assert (codes, await studio.booked(settled)) == ({"D0004"}, 930)


@proves("return_becomes_void")
async def return_becomes_void(studio: Studio, _: str) -> None:
    reference = new_reference()
    paid = await studio.pay("9.40", reference=reference)
    returned = await studio.give_back(paid["transactionID"], "9.40")
    assert (returned.status, returned.code, returned["returnedAmount"]) == ("PASS", "A0014", "9.40")
    assert (await studio.look_up(externalReferenceID=reference))[0]["isVoided"] == "true"
    assert await studio.booked(reference) == 0
    assert (await studio.close_batch()).root.findtext("batchInfo/SaleCount") == "0"


@proves("return_not_allowed")
async def return_not_allowed(studio: Studio, _: str) -> None:
    reference, back = new_reference(), new_reference()
    number = (await studio.pay("9.50", reference=reference))["transactionID"]
    assert (await studio.give_back(number, "1.00")).code == "D0005"
    await studio.close_batch()
    assert (await studio.give_back(number, "9.00", back)).code == "A0000"
    assert (await studio.give_back(number, "9.00", back)).code == "D0001"
    assert (await studio.give_back(number, "0.51")).code == "D0005"
    assert (await studio.give_back(number, "0.50")).code == "A0000"
    assert await studio.booked(reference) == 0


@proves("capture_not_allowed")
async def captures(studio: Studio, _: str) -> None:
    reference = new_reference()
    held = await studio.pay("20.00", reference=reference, operation="Auth")
    assert await studio.booked(reference) == 0
    codes = []
    for amount in ("20.01", "15.00", "5.00"):
        told = (
            ("transactionAmount", amount),
            ("transactionID", held["transactionID"]),
            ("developerID", "DEV1"),
        )
        codes.append((await studio.ask("Capture", *told)).code)
    assert (codes, await studio.booked(reference)) == (["D0007", "A0000", "D0007"], 1500)


@proves("batch_closed")
async def batch_closed(studio: Studio, _: str) -> None:
    numbers = [(await studio.pay(amount))["transactionID"] for amount in ("10.00", "10.01")]
    info = (await studio.close_batch()).root.find("batchInfo")
    assert info is not None
    assert [(each.tag, each.text) for each in info][:2] == [("SaleCount", "2"), ("SaleAmount", "20.01")]
    await studio.give_back(numbers[0], "4.00")
    closed = await studio.close_batch()
    assert closed.code == "A3200"
    assert closed.root.findtext("batchInfo/ReturnAmount") == "4.00"
    by_hand = (await studio.pay("10.02"))["transactionID"]
    assert (await studio.control("/settle", all=True))["settled"] >= 1
    assert (await studio.look_up(transactionID=by_hand))[0]["batchState"] == "CLOSED"


@proves("batch_partly_closed")
async def batch_partly_closed(studio: Studio, _: str) -> None:
    await studio.control("/knobs", batch_leaves=1)
    first, second = [(await studio.pay(amount))["transactionID"] for amount in ("10.10", "10.11")]
    assert (await studio.close_batch()).code == "A3207"
    states = [(await studio.look_up(transactionID=each))[0]["batchState"] for each in (first, second)]
    assert states == ["CLOSED", "OPEN"]


@proves("settled_day")
async def settled_day(studio: Studio, _: str) -> None:
    reference = new_reference()
    await studio.pay("10.20", reference=reference)
    await studio.pay("10.21")
    now = datetime.fromisoformat((await studio.control("/"))["now"])
    found = {}
    for when in ("before", "behind"):
        day = (("developerID", "DEV1"), ("date", f"{now:%Y-%m-%d}"))
        found[when] = (await studio.ask("GetReportData", *day)).details
        await studio.close_batch()
    assert found["before"] == []
    assert [each["processedAmount"] for each in found["behind"]] == ["10.20", "10.21"]
    assert found["behind"][0]["externalReferenceID"] == reference


async def test_two_callers_at_once_with_one_reference_are_booked_once(
    simulator: Simulator, studio: Studio
) -> None:
    assert simulator.url == studio.url
    reference = new_reference()
    bodies = [await studio.paying("11.00", reference=reference) for _ in range(5)]
    answers = await asyncio.gather(*map(studio.post, bodies))
    assert sorted(Answered(each.content).code for each in answers) == ["A0000", *["D0001"] * 4]
    assert await studio.booked(reference) == 1100
