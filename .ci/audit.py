"""Has pip-audit look for known faults of what the locks name; audit-exceptions.toml has those that are taken.

Ends with 1 when there is a fault without an exception, or an exception whose day has passed. Advisories that
cannot be asked are no good news, and no fault either: that is said, and is the end of it.
"""

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXCEPTIONS = ROOT / ".ci" / "audit-exceptions.toml"
LOCKS = ("requirements.lock", "requirements-dev.lock")
_FOUND = (0, 1)
"""How pip-audit ends where it could look: without a fault, or with some."""

_NAMED = 5
_PATIENCE = 300.0
"""Seconds that all advisories of a lock may take."""

_LAST = 1000
"""Characters of what pip-audit complains of that are repeated."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is wrong, and what could not be looked at."""

    faults: tuple[str, ...]
    unasked: tuple[str, ...]


def judged(told: list[Json], exceptions: list[Json], today: date) -> Outcome:
    """Return what came of it: the lists of pip-audit, one for each lock, beside the exceptions."""
    excused = {(each["package"], each["id"]) for each in exceptions if each["until"] >= today}
    faults = [
        f"audit-exceptions.toml: {each['id']} of {each['package']} was excused until {each['until']}."
        for each in exceptions
        if each["until"] < today
    ]
    packages = [package for each in told for package in each["dependencies"]]
    for package in packages:
        for fault in package.get("vulns", []):
            names = {fault["id"], *fault.get("aliases", [])}
            if not {(package["name"], name) for name in names} & excused:
                mended = ", ".join(fault.get("fix_versions", [])) or "no version"
                faults.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}.")
    unasked = {package["name"] for package in packages if "skip_reason" in package}
    return Outcome(tuple(sorted(set(faults))), tuple(sorted(unasked)))


def verdict(found: Outcome) -> tuple[list[str], int]:
    """Return what is to be said of it, and how to end."""
    lines = [*found.faults]
    if found.unasked:
        named = ", ".join(found.unasked[:_NAMED]) + (" and others" if found.unasked[_NAMED:] else "")
        lines.append(f"NOT AUDITED: of {len(found.unasked)} the advisories could not be asked ({named}).")
    return lines or ["Nothing that the locks name has a known fault without an exception."], bool(
        found.faults
    )


def _told(lock: str) -> Json:
    """Return what pip-audit tells of a lock; where it could not ask anything, that."""
    command = ["-r", lock, "--disable-pip", "--require-hashes", "--format", "json"]
    try:
        done = subprocess.run(  # noqa: S603 - it is the tool that is installed beside us
            [sys.executable, "-m", "pip_audit", *command, "--progress-spinner", "off"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode in _FOUND:
            told: Json = json.loads(done.stdout)
            return told
        sys.stderr.write(done.stderr[-_LAST:])
    except (subprocess.TimeoutExpired, ValueError) as failure:
        sys.stderr.write(f"{lock}: {failure}\n")
    return {"dependencies": [{"name": f"all of {lock}", "skip_reason": "nothing was told"}]}


def main() -> None:
    """Look, and say what was found."""
    exceptions = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8")).get("exception", [])
    found = judged([_told(lock) for lock in LOCKS], exceptions, datetime.now(UTC).date())
    lines, ending = verdict(found)
    print("\n".join(lines))
    sys.exit(ending)


if __name__ == "__main__":
    main()
