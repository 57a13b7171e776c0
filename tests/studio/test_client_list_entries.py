"""What the client list is found by is what clients are called, whatever was written in which order."""

import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.studio.client_list import upkeep
from app.studio.client_list.words import LONGEST, place_of, sought, words_of
from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, delete, patch, verdicts

NAMES = ["Ann", "Ångström", "O'Brien", "de Vries", "Smith-Jones", "李", "?", "3 Brothers", "", None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Laura", ["laura"]),
        ("de Vries", ["de", "vries"]),
        ("Ångström", ["angstrom"]),
        ("STRASSE Straße", ["strasse"]),
        ("Łódź Ørsted Æsir", ["aesir", "lodz", "orsted"]),
        ("İpek \u0131şik", ["ipek", "isik"]),
        ("O'Brien", ["brien", "o", "obrien"]),
        ("O\u2019Brien O\u00b4Brien", ["brien", "o", "obrien"]),
        ("Smith-Jones", ["jones", "smith", "smithjones"]),
        ("J.P. & Söhne", ["j", "jp", "p", "sohne"]),
        ("\uff21\uff22\uff11", ["ab1"]),
        ("under_score", ["score", "under", "underscore"]),
        ("?! \U0001f600", []),
        ("", []),
        (None, []),
        ("x" * 200, ["x" * LONGEST]),
    ],
)
def test_words_are_those_people_type(text: str | None, words: list[str]) -> None:
    assert words_of([text]) == words
    for typed in (text or "").split():
        assert all(any(word.startswith(each) for word in words) for each in sought(typed)), typed


def test_what_is_typed_counts_once_and_what_begins_another_not_at_all() -> None:
    assert sought("smi  Smith, SMITH h'") == ("smith", "h")
    assert sought(" '& ") == ()


def test_places_are_short_enough_for_an_index_whatever_somebody_is_called() -> None:
    longest = place_of(*["\ufdfa\U0001d538\uc77c" * 66] * 3)
    assert len(longest.encode()) < 1_000
    assert place_of("de Vries", "Ann") < place_of("de Vries", "Bea") < place_of("Dean", "Ann")


async def agrees(desk: Desk) -> bool:
    """Say whether what is kept is what the clients are called."""
    return not await upkeep.verify(desk.database, desk.who)


@pytest.mark.parametrize("seed", range(4))
async def test_the_list_is_that_of_all_clients_whatever_was_written(
    desk: Desk, phone: Phone, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a repeatable run
    statuses, schools = [uuid4(), uuid4()], [uuid4(), uuid4()]
    for nth in range(2):
        await desk.put(
            "client_statuses", statuses[nth], **sample("client_statuses", description=f"Step {nth}")
        )
        await desk.put("organizations", schools[nth], **sample("organizations") | {"name": f"School {nth}"})

    def fields() -> dict[str, Any]:
        names = {name: dice.choice(NAMES) for name in ("first_name", "last_name", "company_name")}
        school = dice.choice([*schools, None]) if any(names.values()) else dice.choice(schools)
        links = {"organization_id": school and str(school), "status_id": str(dice.choice(statuses))}
        return {**names, **links, "client_number": dice.choice([None, dice.randint(1, 10**8)])}

    clients: list[UUID] = []
    for _ in range(12):
        new = [uuid4() for _ in range(dice.randint(1, 4))]
        changes = [create("clients", each, **fields()) for each in new]
        changes += [
            patch("clients", each, None, **fields()) for each in dice.sample(clients, len(clients) // 3)
        ]
        clients += new
        gone = [clients.pop(dice.randrange(len(clients))) for _ in range(dice.randint(0, 1))]
        changes += [delete("clients", each, None) for each in gone]
        assert set(verdicts(await phone.push(*changes))) <= {"applied", "noop"}
        if dice.random() < 0.3 and len(clients) > 1:
            goes, stays = dice.sample(clients, 2)
            into = {"collection": "clients", "id": str(goes), "op": "command", "command": "merge"}
            assert verdicts(await phone.push({**into, "fields": {"into": str(stays)}})) == ["applied"]
            clients.remove(goes)
        if dice.random() < 0.3:
            renamed = {"name": f"{dice.choice(NAMES)} School"}
            await desk.put("organizations", dice.choice(schools), **sample("organizations") | renamed)
        assert await agrees(desk)
    async with desk.database.reading(desk.account_id) as session:
        kept = await session.raw.fetch("SELECT client_id FROM client_list_entries")
    assert {row["client_id"] for row in kept} == set(clients)
