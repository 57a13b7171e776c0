"""A phone bound to one of an enterprise's studios goes without what is of another."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.samples import sample
from tests.sync.conftest import Desk, Phone


@pytest.fixture
async def studios(desk: Desk) -> tuple[UUID, UUID]:
    here, there = uuid4(), uuid4()
    for number, each in enumerate((here, there), 1):
        await desk.put("studios", each, **sample("studios", studio_number=number))
    return here, there


@pytest.fixture
def bound(phone: Phone, studios: tuple[UUID, UUID]) -> Phone:
    return replace(phone, who=replace(phone.who, studio_id=studios[0]))


async def client_of(desk: Desk, studio: UUID | None) -> str:
    client = uuid4()
    await desk.put("clients", client, **sample("clients", studio_id=str(studio) if studio else None))
    return str(client)


def clients_of(phone: Phone) -> set[str]:
    return {record_id for name, record_id in phone.records if name == "clients"}


async def test_what_is_of_another_studio_stays_away_and_what_is_of_none_comes(
    desk: Desk, other_phone: Phone, bound: Phone, studios: tuple[UUID, UUID]
) -> None:
    ours, theirs, everybodys = [await client_of(desk, each) for each in (*studios, None)]
    await bound.pull()
    await other_phone.pull()
    assert clients_of(bound) == {ours, everybodys}
    assert clients_of(other_phone) == {ours, theirs, everybodys}


async def test_what_moves_to_another_studio_leaves_and_may_come_back(
    desk: Desk, bound: Phone, studios: tuple[UUID, UUID]
) -> None:
    client = await client_of(desk, studios[0])
    await bound.pull()
    await desk.put("clients", UUID(client), studio_id=str(studios[1]))
    [page] = await bound.pull()
    assert page["changes"]["clients"]["evict"] == [client]
    await desk.put("clients", UUID(client), studio_id=str(studios[0]))
    await bound.pull()
    assert clients_of(bound) == {client}


async def test_a_session_here_brings_a_client_from_there(
    desk: Desk, bound: Phone, studios: tuple[UUID, UUID]
) -> None:
    client = await client_of(desk, studios[1])
    await desk.put("sessions", uuid4(), **sample("sessions", client_id=client, studio_id=str(studios[0])))
    await bound.pull()
    assert clients_of(bound) == {client}


async def test_a_studio_that_opens_takes_its_own_along(desk: Desk, bound: Phone) -> None:
    opened = uuid4()
    await desk.put("studios", opened, **sample("studios", studio_number=3))
    await client_of(desk, opened)
    ours = await client_of(desk, None)
    await bound.pull()
    assert clients_of(bound) == {ours}


async def test_a_phone_lets_go_of_a_studio_its_user_no_longer_works_in(
    desk: Desk, bound: Phone, studios: tuple[UUID, UUID]
) -> None:
    ours, everybodys = await client_of(desk, studios[0]), await client_of(desk, None)
    moved = replace(bound, who=replace(bound.who, studios=(studios[1],)))
    await moved.pull()
    assert clients_of(moved) == {everybodys}
    stayed = replace(bound, who=replace(bound.who, device_id=uuid4(), studios=studios))
    await stayed.pull()
    assert clients_of(stayed) == {ours, everybodys}


async def test_a_phone_of_no_studio_holds_what_its_user_works_in(
    desk: Desk, phone: Phone, studios: tuple[UUID, UUID]
) -> None:
    ours, _theirs, everybodys = [await client_of(desk, each) for each in (*studios, None)]
    limited = replace(phone, who=replace(phone.who, studios=(studios[0],)))
    await limited.pull()
    assert clients_of(limited) == {ours, everybodys}
