"""A collection is one file: dropped into `app/studio`, it has all the others have, with no other edit."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

pytestmark = pytest.mark.slow

DECLARATION = '''"""Contracts: what a client has signed."""

from enum import StrEnum
from typing import Annotated

from app.sync.anchors import Stamp
from app.sync.fields import Count, Day, Element, Id, Instant, Line, Link, Money, Name, Paragraphs, Part, field
from app.sync.registry import Record, collection


class ContractState(StrEnum):
    """How far a contract has come."""

    DRAFT = "draft"
    SIGNED = "signed"


class Clause(Element):
    """A sentence that was agreed on."""

    id: Id = field("The id of this clause.", example="5d0e7a52-0a11-4c0b-9f43-6f3c1a800001")
    text: Line = field("What it says.", example="Prints are delivered in six weeks.")
    witness_id: Annotated[Id | None, Link("staff")] = field("Who was there.", example=None, default=None)


@collection("contracts", number=800, stamp=Stamp(day="signed_on"))
class Contract(Record):
    """What a client has signed, word for word."""

    client_id: Annotated[Id, Link("clients")] = field(
        "Who signs.", example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001"
    )
    title: Name = field("What it is called.", example="Wedding agreement")
    state: ContractState = field("How far it has come.", example="draft", default=ContractState.DRAFT)
    signed_on: Day | None = field("Local date of the signature.", example="2026-05-04", default=None)
    fee: Money = field("What was agreed on.", example=125000, default=0)
    clauses: list[Clause] = field(
        "What was agreed on, clause by clause.",
        example=[
            {
                "id": "5d0e7a52-0a11-4c0b-9f43-6f3c1a800001",
                "text": "Prints are delivered in six weeks.",
                "witness_id": None,
            }
        ],
        default=[],
    )
    sealed_at: Instant | None = field(
        "When the server sealed it.", example="2026-05-04T14:20:00Z", default=None, is_read_only=True
    )
    notes: Paragraphs | None = field(
        "Anything to know.", example="Her mother signs too.", default=None, part=Part.NOTES
    )
    pages: Count = field("How long it is.", example=3, default=1, since=2)
    is_binding: bool = field("Whether it binds.", example=True, default=False, since=2)
    scope: ContractState = field("How far it goes.", example="draft", default=ContractState.SIGNED, since=2)
    languages: list[Line] = field("What it is written in.", example=["en", "de"], default=[], since=2)
    parties: list[Id] = field("Who else signs.", example=[], default=[], since=3)
    remarks: Paragraphs | None = field(
        "What she said.", example="Yes.", default=None, part=Part.NOTES, since=3
    )
'''


TYPED = """
from alembic import command
from app.cli import cli
from app.core.migrations import configuration

config = configuration()
command.upgrade(config, "head")
command.revision(config, message="contracts", autogenerate=True)
command.upgrade(config, "head")
command.check(config)
cli(["openapi"], standalone_mode=False)
cli(["collections"], standalone_mode=False)
"""
"""What somebody types as `alembic revision --autogenerate`, `python -m app openapi` and so on, at once."""


@pytest.fixture
def house_with_contracts(repository: Path, tmp_path: Path, empty_database: str) -> Path:
    """Copy the house, drop one file in, and let the tools make the migration and the document."""
    for folder in ("app", "alembic", "tests", "openapi"):
        copytree(repository / folder, tmp_path / folder, ignore=ignore_patterns("__pycache__"))
    for file in ("alembic.ini", "conftest.py", "pyproject.toml"):
        (tmp_path / file).write_bytes((repository / file).read_bytes())
    (tmp_path / "app" / "studio" / "contracts.py").write_text(DECLARATION)
    assert "contracts" in python(tmp_path, "-c", TYPED, DATABASE_URL=empty_database)
    return tmp_path


def python(folder: Path, *words: str, **environment: str) -> str:
    """Run Python there, which must succeed, and return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-10_000:]}\n{done.stderr[-5_000:]}"
    return done.stdout


def test_a_file_dropped_in_is_a_collection_like_any_other(
    house_with_contracts: Path, server_url: str
) -> None:
    folder = house_with_contracts
    document = json.loads((folder / "openapi" / "openapi.json").read_text())
    assert {"Contract", "ContractState", "Clause"} <= set(document["components"]["schemas"])
    suite = ("tests/contract", "tests/house/test_catalogue.py", "-k", "contracts or catalogue")
    told = python(
        folder, "-m", "pytest", *suite, "--tb=short", "-p", "no:cacheprovider", TEST_DATABASE_URL=server_url
    )
    assert " passed" in told
