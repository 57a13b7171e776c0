"""WatermelonDB, a real offline-first database that we did not write, syncs with the real server."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import demo_studio

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "clients" / "watermelondb"
NODE_MAJOR = 20
TOLD_WITHIN = 300

pytestmark = pytest.mark.filterwarnings("default:Node:pytest.PytestWarning")


@pytest.fixture(scope="module")
def node() -> str:
    """Return a Node new enough; without one skip for all to see, or fail where CI must have it."""
    found = shutil.which("node")
    version = _output(found, "--version").lstrip("v") if found else ""
    if found and int(version.split(".")[0]) >= NODE_MAJOR:
        return found
    lack = f"Node {NODE_MAJOR} or newer is missing: THE WATERMELONDB CLIENT WAS NOT TESTED"
    if os.environ.get("CI") == "true":
        pytest.fail(lack)
    warnings.warn(pytest.PytestWarning(lack), stacklevel=1)
    pytest.skip(lack)


@pytest.fixture(scope="module")
def modules() -> None:
    """Install what the package's lock file names, unless that has been done; one worker at a time."""
    lock = PACKAGE / "package-lock.json"
    done = PACKAGE / "node_modules" / ".package-lock.json"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run([_npm(), "ci", "--ignore-scripts"], cwd=PACKAGE, check=True, timeout=TOLD_WITHIN)


@pytest.fixture
def demo(own_database: str) -> Iterator[Path]:
    """Serve a small demo studio, and return the file that says how to sign in."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as folder,
        demo_studio(Path(folder), 40, DATABASE_URL=own_database),
    ):
        yield Path(folder) / "demo.json"


@pytest.mark.usefixtures("node", "modules")
def test_watermelondb_passes_its_own_stories(capfd: pytest.CaptureFixture[str]) -> None:
    _run(capfd, "test")


@pytest.mark.usefixtures("node", "modules")
def test_watermelondb_syncs_a_day_of_phones_with_the_real_server(
    demo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _run(capfd, "test:e2e", STUDIO_DEMO=str(demo))


def _run(capfd: pytest.CaptureFixture[str], script: str, **environment: str) -> None:
    told = subprocess.run(
        [_npm(), "run", "--silent", script],
        cwd=PACKAGE,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TOLD_WITHIN,
        check=False,
    )
    with capfd.disabled():
        sys.stdout.write(f"\n{told.stdout}")
    assert told.returncode == 0, told.stdout


def _npm() -> str:
    return shutil.which("npm") or "npm"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
