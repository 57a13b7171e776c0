"""The examples of the pages are run as they stand, in each language, and are answered as the pages say."""

import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.packages import has_node
from tests.serving import demo_studio
from tests.site.examples import CLIENTS, examples, readers, shape


@pytest.fixture
def studio(own_database: str) -> Iterator[Path]:
    """Serve a demo studio, and return its data directory."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as folder,
        demo_studio(Path(folder), CLIENTS, DATABASE_URL=own_database, ENVIRONMENT="development"),
    ):
        yield Path(folder)


def _languages() -> list[str]:
    has = {
        "curl": bool(shutil.which("curl") and shutil.which("openssl")),
        "python": True,
        "typescript": has_node(),
    }
    if not has["curl"]:
        warnings.warn(
            pytest.PytestWarning("curl or openssl is missing: THEIR EXAMPLES WERE NOT RUN"), stacklevel=1
        )
    return [language for language, is_there in has.items() if is_there]


@pytest.mark.slow
@pytest.mark.filterwarnings("default::pytest.PytestWarning")
def test_every_example_is_answered_as_it_is_shown(studio: Path) -> None:
    told = list(examples())
    assert len(told) > 25
    for reader in readers(json.loads((studio / "demo.json").read_text()), _languages(), studio):
        for each in told:
            answer = reader.follow(each)
            assert shape(answer) == shape(each.shown), (reader.language, each.name, answer)


def test_every_example_is_there_in_each_language_and_names_differ() -> None:
    told = list(examples())
    assert {each.name: [*each.code] for each in told} == {
        each.name: ["curl", "python", "typescript"] for each in told
    }
    assert len({each.name for each in told}) == len(told)
