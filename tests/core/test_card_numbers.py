"""The numbers of cards are found in any text, and little else is taken for one."""

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
    "41111111111111111111111",
    "+1 (603) 555-0199, +1 (603) 555-0100",
    "2026-05-04 11:40 JD Payment: 50.00",
    "0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a5601",
    "00004111-1111-4111-8111-111111111111",
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
        spaced.replace(" ", "\n"),
        f"12 {spaced} 34",
    ):
        assert card_numbers.is_in(text), text
        assert card_numbers.may_hold(orjson.dumps({"notes": text})), text


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_none_is_let_through(text: str) -> None:
    assert not card_numbers.is_in(text)


def test_the_place_is_named_and_never_the_number() -> None:
    number = NUMBERS[0]
    places = {
        "notes": {"notes": f"Card {number}"},
        "lines.1.description": {"lines": [{"id": 1}, {"description": number}]},
        "amount": {"amount": int(number)},
        "custom": {"custom": {number: "x"}},
    }
    assert [card_numbers.place_in(sent) for sent in places.values()] == list(places)
    assert card_numbers.place_in({"name": None, "is_new": True, "price": 12.5}) is None


def test_random_ids_are_hardly_ever_read_closely() -> None:
    ids = [str(UUID(int=(0x9E3779B97F4A7C15F39CC0605CEDC835 * (n + 1)) % 2**128)) for n in range(2_000)]
    ids += [each.replace("-", "") for each in ids] + [f"{'a' * 8}4111111111111111{'b' * 8}"]
    assert sum(card_numbers.may_hold(orjson.dumps({"id": each})) for each in ids) < 100
    assert not any(map(card_numbers.is_in, ids))
