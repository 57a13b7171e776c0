"""The real server on a real PostgreSQL, a studio for each test, and its phones."""

import socket
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from clients.python.tests.phones import Mortal, Phone
from clients.python.tests.serving import Desk, House, served

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve."""
    with served(tmp_path_factory.mktemp("house"), ROOT / ".data-test") as house:
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
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(house.app, lifespan="off", log_config=None))
    serving = house.portal.start_task_soon(server.serve, [listener])
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    serving.result()
