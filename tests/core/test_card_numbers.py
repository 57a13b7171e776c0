"""The numbers of cards are found in any text, and little else is taken for one."""

import json
import sys
from uuid import UUID

import orjson
import pytest

from app.core import card_numbers

NUMBERS = (
    "4111111111111111",
    "4222222222222",
    "4000001234567899018",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "6200000000000005",
    "6759649826438453",
)
OTHERS = (
    "",
    "4111111111111112",
    "1234567890123456",
    "41111111111111121111111",
    "+1 (603) 555-0199, +1 (603) 555-0100",
    "415 555 0104 415 555 0100 / 415-555-0104 / 415-555-0100",
    "0412 345 678 / 0412 345 670",
    "40.741895, -73.989308",
    "<td>4</td><td>111</td><td>1111</td><td>11</td><td>111</td><td>111</td>",
    "2026-05-04 11:40 JD Payment: 50.00",
    "0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a5601",
    "00004111-1111-4111-8111-111111111111",
    "s411111111111111109c6f5e2e75d11ab",
    "ref_4111111111111111fe0a12b4c7d0",
    "W-100233 and 5031",
    "4111 1111 1111",
)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_card_number_is_found_in_any_text(number: str) -> None:
    spaced = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    for text in (
        number,
        f"Card {number}, exp 08/28",
        spaced,
        spaced.replace(" ", "-"),
        spaced.replace(" ", "\u00a0"),
        spaced.replace(" ", "\u2011"),
        spaced.replace(" ", " \u2013 "),
        spaced.replace(" ", "\u200b"),
        spaced.replace(" ", "\n"),
        spaced.replace(" ", "\f"),
        spaced.replace(" ", "&nbsp;"),
        spaced.replace(" ", '</b>\n<b class="x">'),
        " ".join(number),
        f"12 {spaced} 34",
        f"{number}0828123",
        number.rjust(24, "0"),
        number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}),
        number.translate({ord(digit): ord(digit) + 0x1D7CE - 0x30 for digit in "0123456789"}),
        "".join(f"&#{ord(digit)};" for digit in number),
    ):
        assert card_numbers.is_in(text), text
        for written in (orjson.dumps({"notes": text}), json.dumps({"notes": text}).encode()):
            assert card_numbers.may_hold(written), written


def test_digits_of_every_script_are_looked_at() -> None:
    digits: dict[str, list[str]] = {}
    for each in map(chr, range(0x80, sys.maxunicode)):
        if each.isdecimal():
            digits.setdefault(str(int(each)), []).append(each)
    assert len(digits["4"]) > 60
    for some in zip(*(digits[digit] for digit in NUMBERS[0]), strict=True):
        text = "".join(some)
        assert card_numbers.is_in(text), text
        assert card_numbers.may_hold(orjson.dumps(text)), text


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_none_is_let_through(text: str) -> None:
    assert not card_numbers.is_in(text)


def test_the_place_is_named_and_never_the_number() -> None:
    number = NUMBERS[0]
    places = {
        "notes": {"notes": f"Card {number}"},
        "lines.1.description": {"lines": [{"id": 1}, {"description": number}]},
        "amount": {"amount": int(number)},
        "price": {"price": float(number)},
        "custom": {"custom": {number: "x"}},
    }
    assert [card_numbers.place_in(sent) for sent in places.values()] == list(places)
    none = {"name": None, "is_new": True, "price": 12.5, "longitude": 41.11111111111111}
    assert card_numbers.place_in(none) is None


def test_random_ids_are_hardly_ever_read_closely() -> None:
    ids = [str(UUID(int=(0x9E3779B97F4A7C15F39CC0605CEDC835 * (n + 1)) % 2**128)) for n in range(2_000)]
    ids += [each.replace("-", "") for each in ids] + [f"{'a' * 8}4111111111111111{'b' * 8}"]
    assert sum(card_numbers.may_hold(orjson.dumps({"id": each})) for each in ids) < 100
    assert not any(map(card_numbers.is_in, ids))
