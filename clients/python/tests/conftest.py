"""The real server on a real PostgreSQL, a studio for each test, and its phones."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from clients.python.tests.phones import Mortal, Phone
from clients.python.tests.serving import Desk, House, served
from tests.serving import on_a_port


@pytest.fixture(scope="session")
def house(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve."""
    with served(tmp_path_factory.mktemp("house"), database_url) as house:
        yield house


@pytest.fixture
def desk(house: House) -> Desk:
    """Make a studio."""
    return house.studio()


@pytest.fixture
def new_phone(desk: Desk, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Make phones of the studio, which have signed in."""
    made: list[Phone] = []
    numbers = count(1)

    def make(**chosen: Any) -> Phone:
        phone = Phone(desk, tmp_path / f"phone-{next(numbers)}.db", **chosen)
        made.append(phone)
        phone.sign_in()
        return phone

    yield make
    Mortal.fuse = None
    for phone in made:
        phone.client.close()


@pytest.fixture
def phone(new_phone: Callable[..., Phone]) -> Phone:
    """Make a phone that has signed in and holds nothing yet."""
    return new_phone()


@pytest.fixture
def base_url(house: House) -> Iterator[str]:
    """Serve on a port of this machine's own."""
    with house.portal.wrap_async_context_manager(on_a_port(house.app, lifespan="off")) as url:
        yield url
