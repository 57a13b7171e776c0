"""What is undocumented fails here, and so does what is documented and does not exist."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from app.automations.triggers.kinds import Kind as TriggerKind
from app.automations.triggers.kinds import Paused, Why
from app.automations.triggers.ready_made import READY_MADE
from app.cli import cli, settings_page
from app.core.errors import refusals
from app.studio.preferences import MOST_IDS, MobilePreferences
from app.studio.schedule import ScheduleConflict
from app.sync import schemas
from app.sync.commands import commands
from app.sync.fields import Part
from app.sync.limit_schemas import (
    BodyLimits,
    CardLimits,
    DeskLimits,
    LetterLimits,
    LimitsAnswer,
    LiveLimits,
    PictureLimits,
    RequestLimits,
    RetentionLimits,
    SeriesLimits,
    SignInLimits,
    SyncLimits,
    TemplateLimits,
)
from app.sync.live_router import WaitAnswer
from app.sync.narrowing import Narrows
from app.sync.preference_schemas import EstimateRequest
from app.sync.refusals import ReferenceMerged, change_refusals
from app.sync.tables import Kind
from tests.serving import demo_studio

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ROW = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.MULTILINE)
WIRE: list[type[BaseModel]] = [
    schemas.PullRequest,
    schemas.PullAnswer,
    schemas.PushRequest,
    schemas.PushAnswer,
    schemas.Change,
    schemas.Verdict,
    schemas.Manifest,
    LimitsAnswer,
    SyncLimits,
    BodyLimits,
    RequestLimits,
    RetentionLimits,
    LiveLimits,
    DeskLimits,
    CardLimits,
    PictureLimits,
    SeriesLimits,
    SignInLimits,
    LetterLimits,
    TemplateLimits,
    schemas.CollectionAnswer,
    schemas.FieldAnswer,
    schemas.EstimateAnswer,
    schemas.HeldAnswer,
    WaitAnswer,
    EstimateRequest,
]
NARROWER = {
    Narrows.LESS: "less",
    Narrows.TO_FALSE: "`false`",
    Narrows.TO_TRUE: "`true`",
    Narrows.BY_ORDER: "one further on",
    Narrows.FROM_ALL: "any but the first",
    Narrows.BY_MORE: "more ids",
    Narrows.BY_FEWER: "fewer ids",
}


@pytest.fixture(scope="module")
def protocol() -> str:
    return (ROOT / "docs" / "sync.md").read_text()


@pytest.fixture
def served(own_database: str) -> Iterator[Path]:
    """Serve a small demo studio, and return its data directory."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as folder,
        demo_studio(Path(folder), 5, DATABASE_URL=own_database),
    ):
        yield Path(folder)


def test_every_refusal_of_a_request_is_in_the_protocol_with_its_status(protocol: str) -> None:
    told = _rows(_section(protocol, "Refusals of a request"))
    features = (
        "app.desk.",
        "app.cards.",
        "app.galleries.",
        "app.portal.",
        "app.templates.",
        "app.outbox.",
        "app.automations.",
        "app.webhooks.",
    )
    elsewhere = set().union(*map(_statuses, features))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.") - elsewhere


def test_every_refusal_of_cards_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "cards.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.cards.")


def test_every_refusal_of_galleries_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "galleries.md").read_text(), "Refusals"))
    refused = _statuses("app.galleries.") | _statuses("app.portal.")
    assert {(code, cells[0]) for code, cells in told.items()} == refused


def test_every_refusal_of_letters_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "letters.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.outbox.")


def test_every_refusal_of_templates_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "templates.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.templates.")


def test_every_refusal_of_communications_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "communications.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.automations.communications.")


def test_every_refusal_of_webhooks_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "webhooks.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.webhooks.")


def test_every_refusal_of_triggers_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "triggers.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.automations.triggers.")


def test_every_code_of_triggers_is_told() -> None:
    page = (ROOT / "docs" / "triggers.md").read_text()
    told = {
        code
        for opening in re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", opening)
    }
    assert {each.value for each in (*Why, *Paused, *TriggerKind)} | set(READY_MADE) <= told


def test_every_refusal_at_a_desk_is_told_with_its_status() -> None:
    told = _rows(_section((ROOT / "docs" / "desk.md").read_text(), "Refusals"))
    assert {(code, cells[0]) for code, cells in told.items()} == _statuses("app.desk.")


def test_every_refusal_of_a_change_is_in_the_protocol_with_its_verdict(protocol: str) -> None:
    told = _rows(_section(protocol, "Codes of changes"))
    verdicts = {code: set(re.findall(r"`(\w+)`", cells[0])) for code, cells in told.items()}
    known = {kind.code: kind.outcome.value for kind in change_refusals()}
    assert verdicts.keys() == known.keys()
    assert not [code for code, outcome in known.items() if outcome not in verdicts[code]]


def test_every_command_is_in_the_protocol_with_what_is_sent_along(protocol: str) -> None:
    told = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \| (.*?) \|", _section(protocol, "Commands"), re.MULTILINE
    )
    rows = {name: (of, sent) for names, of, sent in told for name in re.findall(r"`(\w+)`", names)}
    assert rows.keys() - {"command"} == {each.name for each in commands()}
    for each in commands():
        of, sent = rows[each.name]
        fields = {info.alias or name for name, info in each.takes.model_fields.items()}
        assert not {name for name in fields if f"`{name}`" not in sent}, each.name
        assert of == "the same" or not {name for name in each.collections if f"`{name}`" not in of}, each.name


def test_every_warning_is_in_the_protocol(protocol: str) -> None:
    told = _rows(_section(protocol, "Warnings")).keys() - {"code"}
    rooms = "\n".join(path.read_text() for path in (ROOT / "app" / "studio").rglob("*.py"))
    warned = set(re.findall(r'\.warn\(\s*"(\w+)"', rooms)) | {ScheduleConflict.code}
    assert told == warned | {ReferenceMerged.code}


def test_every_verdict_is_in_the_protocol(protocol: str) -> None:
    told = _rows(_section(protocol, "Verdicts"))
    assert {outcome.value for outcome in schemas.Outcome} <= told.keys()


@pytest.mark.parametrize("kind", WIRE, ids=lambda kind: kind.__name__)
def test_every_member_of_a_message_is_in_the_protocol(kind: type[BaseModel], protocol: str) -> None:
    names = {info.alias or name for name, info in kind.model_fields.items()}
    assert not {name for name in names if f"`{name}`" not in protocol and f'"{name}"' not in protocol}


def test_every_word_a_member_may_hold_is_in_the_protocol(protocol: str) -> None:
    words = [*schemas.Operation, *schemas.Atomicity, *schemas.OnConflict, *Kind]
    told = {word.value for word in words} | {part.name.lower() for part in Part}
    assert not {word for word in told if f"`{word}`" not in protocol}


def test_every_preference_is_told_with_its_values_its_default_and_what_is_narrower(protocol: str) -> None:
    told = _rows(_section(protocol, "Preferences"))
    shapes = MobilePreferences.model_json_schema()
    defaults = MobilePreferences().model_dump(mode="json")
    assert told == {
        key: [
            _values(shape, shapes["$defs"]),
            f"`{json.dumps(defaults[key])}`" if not isinstance(defaults[key], str) else f"`{defaults[key]}`",
            NARROWER[Narrows(shape["x-narrows"])],
            shape["description"],
        ]
        for key, shape in shapes["properties"].items()
    }


def test_the_page_of_settings_is_what_the_code_says_of_them() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page()


def test_every_target_and_command_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        text = page.read_text()
        assert set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", text, re.MULTILINE)) <= targets, page
        named = re.findall(r"python -m app ([a-z]+)(?: ([a-z]+)\b)?", text)
        assert not [words for words in named if not _is_command(*words)], page


def test_every_fault_is_told_with_tests_that_name_it() -> None:
    told = dict(
        re.findall(r"^\| (X-\d\d) \|.*\| (.*) \|$", (ROOT / "docs" / "proofs.md").read_text(), re.MULTILINE)
    )
    assert told
    for fault, places in told.items():
        for place in re.findall("`([^`]+)`", places):
            assert (ROOT / place).is_file(), (fault, place)
    named = {
        (fault, str(path.relative_to(ROOT)))
        for path in (ROOT / "tests" / "faults").glob("test_*.py")
        for fault in re.findall(r"X-\d\d", path.read_text())
    }
    assert named == {
        (fault, place)
        for fault, places in told.items()
        for place in re.findall("`(tests/faults/[^`]+)`", places)
    }


def test_every_command_is_told_to_the_operator() -> None:
    told = (ROOT / "docs" / "operate.md").read_text()
    assert not [words for words in _commands() if f"`python -m app {words}`" not in told]


def test_every_relative_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if target.startswith(("http:", "https:")):
                continue
            path, _, anchor = target.partition("#")
            found = (page.parent / path).resolve() if path else page
            assert found.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in _anchors(found), f"{page.name}: {target}"


def test_the_readme_tells_the_floors_as_they_are_held() -> None:
    contract, *_ = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    told = _section((ROOT / "README.md").read_text(), "Where things are")
    rooms = [
        room
        for line in told.splitlines()
        if line.startswith("|")
        for room in re.findall(r"`app/(\w+)`", line)
    ]
    assert rooms == [room for layer in contract["layers"] for room in layer.split(" | ")]


def test_the_first_sync_and_the_payment_by_card_work_as_they_stand(served: Path) -> None:
    script = _section((ROOT / "README.md").read_text(), "A first sync").split("```bash\n")[1].split("```")[0]
    assert len(script.splitlines()) == 5
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "DATA_DIR": str(served)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert '"replace": true' in told.stdout
    assert '"put": [' in told.stdout
    page = (ROOT / "docs" / "cards.md").read_text()
    assert _paid(_section(page, "Setting up").split("```python\n")[1].split("```")[0], served) == [
        "approved",
        "0",
    ]


def _paid(script: str, served: Path) -> list[str]:
    """Return what a script prints that pays an invoice of the demo studio by card."""
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DATA_DIR": str(served)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def _statuses(room: str) -> set[tuple[str, str]]:
    """Return the codes of the refusals of a room, each with its status."""
    return {(kind.code, str(kind.status)) for kind in refusals() if kind.__module__.startswith(room)}


def _section(page: str, title: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$", page, re.MULTILINE)
    assert found, f"there is no heading {title}"
    rest = page[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def _rows(section: str) -> dict[str, list[str]]:
    """Return the rows of a section's tables by the word they open with; no word opens two."""
    rows = ROW.findall(section)
    assert len({word for word, _ in rows}) == len(rows)
    return {word: cells.split(" | ") for word, cells in rows}


def _values(shape: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """Return what a preference may be, in words."""
    if "anyOf" in shape:
        number, _ = shape["anyOf"]
        return f"{_values(number, named)} or `null`"
    if shape.get("type") == "boolean":
        return "`true`, `false`"
    if shape.get("type") == "array":
        return f"up to {MOST_IDS} ids"
    if shape.get("type") == "integer":
        return f"{shape['minimum']} to {shape['maximum']}"
    return ", ".join(f"`{word}`" for word in named[shape["$ref"].rpartition("/")[2]]["enum"])


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands() -> set[str]:
    commands = typer.main.get_command(cli).commands  # type: ignore[attr-defined] # a group, as the app is
    return {
        f"{name} {inner}".strip()
        for name, command in commands.items()
        for inner in getattr(command, "commands", [""])
    }


def _is_command(first: str, second: str) -> bool:
    """Say whether there is such a command; a second word may also be an argument."""
    return first in _commands() or f"{first} {second}" in _commands()
