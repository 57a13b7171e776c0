"""WatermelonDB, a real offline-first database that we did not write, syncs with the real server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.packages import CLIENTS, has_node, install, tell
from tests.serving import demo_studio

PACKAGE = CLIENTS / "watermelondb"

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default:Node:pytest.PytestWarning")]


@pytest.fixture(scope="module")
def modules() -> None:
    """Install what the package stands on."""
    if not has_node():
        pytest.skip("There is no Node.")
    install(PACKAGE)


@pytest.fixture
def demo(own_database: str) -> Iterator[Path]:
    """Serve a small demo studio, and return the file that says how to sign in."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as folder,
        demo_studio(Path(folder), 40, DATABASE_URL=own_database),
    ):
        yield Path(folder) / "demo.json"


@pytest.mark.usefixtures("modules")
def test_watermelondb_passes_its_own_stories(capfd: pytest.CaptureFixture[str]) -> None:
    tell(PACKAGE, "test", capfd)


@pytest.mark.usefixtures("modules")
def test_watermelondb_syncs_a_day_of_phones_with_the_real_server(
    demo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tell(PACKAGE, "test:e2e", capfd, STUDIO_DEMO=str(demo))
