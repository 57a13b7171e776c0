"""What an installation is made of is told as the lock has it; an audit that saw nothing is no good news."""

import json
import re
import subprocess
import sys
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 23)
FAULT = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"]}
FAULTY = [{"dependencies": [{"name": "example", "version": "1.0", "vulns": [FAULT]}]}]


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["audit"] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def excused(until: date, **other: str) -> list[dict[str, Any]]:
    return [{"id": "CVE-2026-1", "package": "example", "reason": "never called", "until": until, **other}]


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    checked = subprocess.run([sys.executable, ROOT / ".ci" / "sbom.py", "--check"], check=False)
    assert checked.returncode == 0
    lock = (ROOT / "requirements.lock").read_text()
    told = json.loads((ROOT / "sbom.json").read_text())
    assert {(each["name"], each["version"]) for each in told["components"]} == set(
        re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE)
    )
    hashes = [found["content"] for each in told["components"] for found in each["hashes"]]
    assert sorted(hashes) == sorted(re.findall("sha256:([0-9a-f]{64})", lock))


def test_a_fault_without_an_exception_is_told(audit: Any) -> None:
    told = ("example 1.0: PYSEC-2026-1, mended in 1.1.",)
    assert audit.judged(FAULTY, [], TODAY).faults == told
    assert audit.judged(FAULTY, excused(TODAY, package="another"), TODAY).faults == told


def test_an_exception_holds_until_its_day(audit: Any) -> None:
    assert audit.judged(FAULTY, excused(TODAY), TODAY).faults == ()
    found = audit.judged(FAULTY, excused(date(2026, 11, 22)), TODAY)
    assert len(found.faults) == 2
    assert "excused until 2026-11-22" in found.faults[0]


def test_what_could_not_be_asked_is_said_and_stops_nothing_but_a_fault_does(audit: Any) -> None:
    unknown = [{"dependencies": [{"name": "example", "skip_reason": "not found on PyPI"}]}]
    found = audit.judged(unknown, [], TODAY)
    said = "NOT AUDITED: of 1 the advisories could not be asked (example)."
    assert audit.verdict(found) == ([said], 0)
    lines, ending = audit.verdict(audit.judged([*unknown, *FAULTY], [], TODAY))
    assert (len(lines), lines[-1], ending) == (2, said, 1)


def test_an_audit_that_nobody_can_answer_ends_well(tmp_path: Path) -> None:
    environment = {"PATH": "", "CI": "true", "HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9"}
    asked = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (asked.returncode, asked.stdout.startswith("NOT AUDITED: ")) == (0, True)
