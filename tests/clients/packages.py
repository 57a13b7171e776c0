"""Packages for Node: installed as their lock files say, and their own stories told."""

import fcntl
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
_NODE_MAJOR = 20
_TOLD_WITHIN = 300


def has_node() -> bool:
    """Say whether there is a Node new enough; where CI must have it, its lack fails."""
    found = shutil.which("node")
    version = _output(found, "--version").lstrip("v") if found else ""
    if found and int(version.split(".")[0]) >= _NODE_MAJOR:
        return True
    lack = f"Node {_NODE_MAJOR} or newer is missing: THE CLIENTS IN JAVASCRIPT WERE NOT TESTED"
    if os.environ.get("CI") == "true":
        pytest.fail(lack)
    warnings.warn(pytest.PytestWarning(lack), stacklevel=1)
    return False


def install(package: Path) -> None:
    """Install what a package's lock file names, unless that has been done; one worker at a time."""
    lock = package / "package-lock.json"
    done = package / "node_modules" / ".package-lock.json"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run([_npm(), "ci", "--ignore-scripts"], cwd=package, check=True, timeout=_TOLD_WITHIN)


def tell(package: Path, script: str, capfd: pytest.CaptureFixture[str], **environment: str) -> None:
    """Run a script of a package, with what it prints for all to see."""
    told = subprocess.run(
        [_npm(), "run", "--silent", script],
        cwd=package,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TOLD_WITHIN,
        check=False,
    )
    with capfd.disabled():
        sys.stdout.write(f"\n{told.stdout}")
    assert told.returncode == 0, told.stdout


def _npm() -> str:
    return shutil.which("npm") or "npm"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
