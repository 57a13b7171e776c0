"""What lies in deploy/ names what there is, figures, settings and pages, and the tools take it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from app.core import metrics
from app.core.secret_files import is_secret
from app.core.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PAGE = DEPLOY.parent / "docs" / "operate.md"
EXPOSED_AT_MOST = 2.0
"""What `systemd-analyze security` calls a service that has hardly anything it does not need."""

KNOWS_CREDENTIALS = 250
"""The first systemd that says by `%d` where the secrets of a unit are."""

_KINDS = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}
_UNITS = {"s": "_seconds", "By": "_bytes"}
_OTHERS_NAMES = {"FORWARDED_ALLOW_IPS", "PYTHONDONTWRITEBYTECODE"}
"""Variables that others read: uvicorn, and Python itself."""


def tool(name: str) -> str:
    """Return a tool of the machine; where it is not there, what it would look at is not looked at."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: deploy/ was not checked by it")
    return found


def told_by(*words: str | Path, **environment: str) -> str:
    """Return what a tool says; it must be content."""
    done = subprocess.run(
        words,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def figures() -> set[str]:
    """Return the name of each series that a server tells."""
    source = Path(metrics.__file__).read_text(encoding="utf-8")
    made = re.findall(r'create_(\w+)\(\s*"([\w.]+)"(?:,\s*unit="([^"]*)")?', source)
    assert len(made) == source.count("_meter.create_")
    own = {
        f"{name.replace('.', '_')}{_UNITS.get(unit, '')}{end}"
        for kind, name, unit in made
        for end in _KINDS.get(kind, ("",))
    }
    process = {each.name for each in ProcessCollector(registry=CollectorRegistry()).collect()}
    web = {f"http_server_request_duration_seconds{end}" for end in _KINDS["histogram"]}
    return own | web | process | {"process_cpu_seconds_total", "up"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_every_figure_of_an_alert_is_told_and_every_remedy_is_a_heading(figures: set[str]) -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert not {name for rule in rules for name in _series(rule["expr"])} - figures
    headings = _under("Alerts")
    remedies = [rule["annotations"]["remedy"].split("#") for rule in rules]
    assert [page for page, _ in remedies] == ["docs/operate.md"] * len(rules)
    assert [anchor for _, anchor in remedies] == [_anchor(heading) for heading in headings]


def test_every_figure_of_the_dashboard_is_told(figures: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    shown = {name for each in asked for name in _series(each)}
    assert not shown - figures
    whole = {re.sub("_(bucket|count|sum)$", "", name) for name in shown}
    of_ours = {re.sub("_(bucket|count|sum)$", "", name) for name in figures if name.startswith("studio_")}
    assert not of_ours - whole
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in board["panels"]]
    assert len(set(places)) == len(places)


def test_units_and_containers_set_what_there_is_to_set(compose: dict[str, Any]) -> None:
    lines = "\n".join(path.read_text(encoding="utf-8") for path in UNITS)
    named = set(
        re.findall(r"\b([A-Z_]+)=", "\n".join(re.findall(r"^Environment=(.*)$", lines, re.MULTILINE)))
    )
    for service in ("one", "two", "worker", "migrate"):
        named |= set(compose["services"][service]["environment"])
    settings = {name.upper() for name in Settings.model_fields}
    files = {f"{name.upper()}_FILE" for name in Settings.model_fields if is_secret(name)}
    assert not named - settings - files - _OTHERS_NAMES
    assert not named & {name.removesuffix("_FILE") for name in files}, "a secret stands in the environment"


def test_commands_are_typed_with_the_secrets_of_the_units() -> None:
    typed = (DEPLOY / "studio.sh").read_text(encoding="utf-8")
    handed = set(re.findall(r"LoadCredential=(\w+):", typed))
    assert set(re.findall(r"(\w+_FILE)=", typed)) == {f"{name.upper()}_FILE" for name in handed}
    for unit in UNITS:
        assert set(re.findall(r"LoadCredential=(\w+):", unit.read_text(encoding="utf-8"))) == handed, (
            unit.name
        )


def test_containers_may_no_more_than_they_must(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert set(service.get("secrets", [])) <= compose["secrets"].keys(), name
        assert set(service["networks"]) <= compose["networks"].keys(), name
        named = {each.partition(":")[0] for each in service["volumes"]}
        beside = {each for each in named if each.startswith("./")}
        assert all((DEPLOY / each).is_file() for each in beside), name
        assert named - beside <= compose["volumes"].keys(), name
        assert service.get("depends_on", {}).keys() <= compose["services"].keys(), name
    assert [name for name, each in compose["services"].items() if "ports" in each] == ["caddy"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert "outside" not in compose["services"]["postgres"]["networks"]
    trusted = compose["services"]["one"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert trusted == compose["networks"]["outside"]["ipam"]["config"][0]["subnet"]


def test_proxies_wait_for_streams_keep_no_connection_that_is_closed_and_notice_who_stops() -> None:
    silence = Settings.model_fields["live_heartbeat_seconds"].default
    haproxy, caddy = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("haproxy.cfg", "Caddyfile"))
    for waits in (r"timeout client (\d+)s", r"timeout server (\d+)s"):
        assert _number(waits, haproxy) > silence
    assert _number(r"read_timeout (\d+)s", caddy) > silence
    assert max(_number(r"http-keep-alive (\d+)s", haproxy), _number(r"keepalive (\d+)s", caddy)) < 75
    serving = (DEPLOY / "systemd" / "studio@.service").read_text(encoding="utf-8")
    noticed = max(
        _number(r"inter (\d+)s", haproxy) * _number(r"fall (\d+)", haproxy),
        _number(r"health_interval (\d+)s", caddy),
    )
    assert _number(r"DRAIN_SECONDS=(\d+)", serving) > noticed
    assert "flush_interval -1" in caddy
    assert "/health/ready" in haproxy
    assert "/health/ready" in caddy


def test_pgbouncer_lends_by_transaction_and_names_no_setting_it_would_swallow() -> None:
    told = (DEPLOY / "pgbouncer.ini").read_text(encoding="utf-8")
    assert "\npool_mode = transaction\n" in told
    assert _number(r"\nmax_prepared_statements = (\d+)", told) > 0
    assert "ignore_startup_parameters" not in told


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_units_and_finds_little_that_is_open(unit: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    if (version := _number(r"systemd (\d+)", told_by(analyze, "--version"))) < KNOWS_CREDENTIALS:
        pytest.skip(f"systemd is {version}, older than what the units ask for: they were not looked at")
    placed = tmp_path / unit.name.replace("@", "@8001")
    text = unit.read_text(encoding="utf-8").replace("/srv/studio/venv/bin/python", sys.executable)
    placed.write_text(text, encoding="utf-8")
    assert placed.name not in told_by(analyze, "verify", "--man=no", placed)
    threshold = f"--threshold={int(EXPOSED_AT_MOST * 10)}"
    told_by(analyze, "security", "--offline=yes", "--no-pager", threshold, placed)


def test_prometheus_takes_the_alerts() -> None:
    told_by(tool("promtool"), "check", "rules", DEPLOY / "alerts.yaml")


def test_caddy_takes_its_file() -> None:
    told = told_by(tool("caddy"), "adapt", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile")
    assert "127.0.0.1:8002" in told


def _series(expression: str) -> Iterator[str]:
    """Return the series a query names, labels and functions left out."""
    bare = re.sub(r"\{[^}]*\}|\bby \([^)]*\)", "", expression)
    return (name for name in re.findall(r"\b[a-z]\w*\b(?!\s*\()", bare) if "_" in name or name == "up")


def _under(title: str) -> list[str]:
    """Return the headings below one of the page, of the next level."""
    chapter = PAGE.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^### (.+)$", chapter, re.MULTILINE)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, pattern
    return int(found[1])
