"""A server of these tests' own, in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.convergence.house import House
from tests.convergence.story import Story

Begin = Callable[[int], Story]


@pytest.fixture(scope="module")
def house(owner_url: str, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve, where nobody is told of anything.

    Its loop moves only while it is asked, and a connection that listens and takes no notification in would
    keep databases from being dropped.
    """
    house = House(owner_url, server_url, tmp_path_factory.mktemp("house"))
    yield house
    house.close()


@pytest.fixture
def begin(house: House, tmp_path: Path) -> Iterator[Begin]:
    """Begin histories, each in a folder of its own."""
    begun: list[Story] = []

    def begin(seed: int) -> Story:
        folder = tmp_path / f"{len(begun)}-{seed}"
        folder.mkdir()
        begun.append(Story(house, folder, seed))
        return begun[-1]

    yield begin
    for story in begun:
        story.close()
