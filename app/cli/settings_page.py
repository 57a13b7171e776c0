"""`settings`: the page that tells each setting, made of what the code says of it: docs/settings.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.ground import fail
from app.core.secret_files import is_secret
from app.core.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
_ALL, _SERVE, _WORKS = "all", "`serve`", "`serve`, `work`"
_AUDIT, _ERASE = "`account audit`", "`person erase`"
_HEADS = ("variable", "default", "may be", "meaning", "read by")


@dataclass(frozen=True, slots=True)
class Chapter:
    """Settings that belong together: words about them, and patterns of their names with who reads them."""

    title: str
    words: str
    settings: Mapping[str, str]


CHAPTERS = (
    Chapter(
        "The database",
        "How to make the roles, and how many connections to allow:"
        " [your own PostgreSQL](operate.md#your-own-postgresql), [PgBouncer](operate.md#behind-pgbouncer),"
        " [a replica](operate.md#a-replica), [many machines](operate.md#many-machines).",
        {
            "pull_database_url": _SERVE,
            "listen_database_url": _WORKS,
            "*database*": _ALL,
            "distributed": _ALL,
            "pool_size": _SERVE,
        },
    ),
    Chapter(
        "The process",
        "[Several workers](operate.md#several-workers), and"
        " [what is refused in production](operate.md#what-production-refuses).",
        {
            "environment": _ALL,
            "host": _SERVE,
            "port": _SERVE,
            "workers": _SERVE,
            "drain_seconds": _SERVE,
            "data_dir": _ALL,
            "beat": _SERVE,
            "minimum_schema_version": _SERVE,
            "backup_days": _ERASE,
            "audit_days": _AUDIT,
            "operator_key_hash": _SERVE,
            "demo_clients": _SERVE,
        },
    ),
    Chapter(
        "Keys",
        "What they are for, and how they are exchanged: [keys](operate.md#keys).",
        {"*_key_file": _WORKS},
    ),
    Chapter(
        "Limits",
        "[Under load](operate.md#under-load); what clients are told: [limits](sync.md#limits).",
        {"requests_per_*": _SERVE, "live_*": _SERVE, "hub_seconds": _SERVE},
    ),
    Chapter(
        "Pictures",
        "Where they are kept, and who makes them smaller: [files](galleries.md#files).",
        {"picture_gigabytes_per_account": _SERVE, "picture_*": _WORKS},
    ),
    Chapter(
        "Letters, cards and webhooks",
        "[Letters](letters.md#setting-up), [texts](letters.md#texts), [cards](cards.md#setting-up),"
        " [webhooks](webhooks.md).",
        {
            "public_url": _WORKS,
            "mail_relay_*": _WORKS,
            "letter_*": _WORKS,
            "webhook_*": _WORKS,
            "text_api_url": _WORKS,
            "transit_simulator_url": _WORKS,
        },
    ),
    Chapter(
        "What is seen",
        "[Logs](operate.md#logs) and [figures](operate.md#dashboards).",
        {"metrics_*": _WORKS, "log_*": _WORKS},
    ),
)

_OPENING = """\
# Settings

Written by `python -m app settings --write` from what the code says of each: change it there. Each is an
environment variable. What is wrong is named, in a sentence for each setting, and the command ends with 1; no
value is repeated.

What is secret may stand in a file instead, which the variable with `_FILE` behind its name names, such as
`DATABASE_URL_FILE=/run/secrets/database_url`: the environment of a process is seen by whoever may look at the
process, and handed on to all it starts. Blanks around it are left out. To set both is refused.
"""


def settings_page(
    *,
    write: Annotated[bool, typer.Option("--write", help="Write docs/settings.md.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether docs/settings.md is true.")
    ] = False,
) -> None:
    """Print what may be set, chapter by chapter, as docs/settings.md tells it."""
    text = page()
    if write:
        PAGE.write_text(text, encoding="utf-8")
    elif not check:
        typer.echo(text, nl=False)
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        fail("docs/settings.md is out of date: run `python -m app settings --write`.")


def page() -> str:
    """Return the page; each setting stands in the first chapter that has a pattern of its name.

    Raises:
        LookupError: a setting is in no chapter.

    """
    shapes = Settings.model_json_schema()["properties"]
    rows: dict[str, list[str]] = {each.title: [] for each in CHAPTERS}
    for name, shape in shapes.items():
        title, readers = _place(name)
        rows[title].append(_row([_variable(name), _default(shape), _range(shape), _meaning(shape), readers]))
    told = (line for each in CHAPTERS for line in _told(each, rows[each.title]))
    return "\n".join([_OPENING, *told])


def _told(chapter: Chapter, rows: list[str]) -> Iterator[str]:
    yield f"## {chapter.title}\n"
    yield f"{chapter.words}\n"
    yield _row(_HEADS)
    yield _row(["---"] * len(_HEADS))
    yield from rows
    yield ""


def _place(name: str) -> tuple[str, str]:
    for chapter in CHAPTERS:
        for pattern, readers in chapter.settings.items():
            if fnmatchcase(name, pattern):
                return chapter.title, readers
    raise LookupError(f"{name} is in no chapter of {__name__}")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _variable(name: str) -> str:
    return f"`{name.upper()}`" + (" (secret)" if is_secret(name) else "")


def _default(shape: Mapping[str, Any]) -> str:
    return "none" if shape["default"] is None else f"`{shape['default']}`"


def _meaning(shape: Mapping[str, Any]) -> str:
    return str(shape["description"])


def _range(shape: Mapping[str, Any]) -> str:
    """Say in words what a setting may be."""
    found = next((each for each in shape.get("anyOf", [shape]) if each.get("type") != "null"), shape)
    if words := found.get("enum"):
        return ", ".join(f"`{word}`" for word in words)
    if found["type"] == "boolean":
        return "`True`, `False`"
    if found["type"] in {"integer", "number"}:
        return _between(found)
    if examples := shape.get("examples"):
        return f"such as `{examples[0]}`"
    if pattern := found.get("pattern"):
        return f"`{pattern}`"
    return {"path": "a path", "file-path": "a path"}.get(str(found.get("format")), "text")


def _between(found: Mapping[str, Any]) -> str:
    least = found.get("minimum", found.get("exclusiveMinimum"))
    above = "more than " if "exclusiveMinimum" in found else ""
    most = found.get("maximum")
    return f"{above}{least} to {most}" if most is not None else f"{above}{least} or more"
