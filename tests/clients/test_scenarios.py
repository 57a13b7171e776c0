"""Every adapter passes the stories of clients/scenarios, told over bad lines against the real server."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from clients.python.tests.serving import served
from clients.scenarios.__main__ import Told, table, tell
from clients.scenarios.desk import Desk
from clients.scenarios.drivers import ADAPTERS, Adapter, Driver
from clients.scenarios.stories import FOLDER, SCHEMA, stories
from clients.scenarios.telling import Failed, Telling
from tests.accounts.studios import PASSWORD
from tests.browser.chromium import program
from tests.clients.packages import CLIENTS, has_node, install
from tests.serving import on_a_port

pytestmark = pytest.mark.filterwarnings("default:Node:pytest.PytestWarning")

DAILY = [each for each in stories() if each.is_told_daily]
README = FOLDER / "README.md"
NEEDED = "await this.store(page.changes, { kept: told(page)"
BUGS = {
    "the cursor is stored before its page": (
        "sync.js",
        NEEDED,
        f"await this.store({{}}, {{ kept: told(page) }})\n    {NEEDED}",
        "first_sync_cut_twice",
    ),
    "the queue is emptied before the verdicts": (
        "outbox.js",
        "await settled(stores.state.put({ ...push, sent }, 'push'))",
        "for (const { key } of sent.keys) await settled(stores.outbox.delete(key))",
        "edit_offline",
    ),
    "what was sent is numbered in another stream when it is sent again": (
        "outbox.js",
        "if (push.sent) return push.sent",
        "if (push.sent) Object.assign(push, { stream: crypto.randomUUID(), next: 1 })",
        "lost_answer_has_no_second_effect",
    ),
    "a refusal is told again and again": (
        "store.js",
        "await this.#transact('readwrite', ({ state }) => settled(state.delete(part)))",
        "",
        "lost_answer_has_no_second_effect",
    ),
    "what has left the scope stays": (
        "pages.js",
        "for (const id of [...del, ...evict])",
        "for (const id of [...del])",
        "window_narrowed_and_widened",
    ),
    "a refused change stays as it was typed": (
        "settle.js",
        "if (op === 'command' || server) return server ?? copy",
        "if (REFUSED.has(verdict)) return { ...copy, ...fields }\n  if (op === 'command') return server",
        "refused_change_is_put_right",
    ),
    "a wipe order leaves the copy": (
        "store.js",
        "    await deleteDatabase(name)\n",
        "",
        "deactivated_is_wiped",
    ),
}
DAILY_BUGS = list(BUGS)[:2]


@pytest.fixture(scope="module")
def desk(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Sit at the desk of a studio whose server is asked on a port."""
    folder = tmp_path_factory.mktemp("scenarios")
    with (
        served(folder, database_url) as house,
        house.portal.wrap_async_context_manager(on_a_port(house.app, lifespan="off")) as url,
    ):
        roles = {"JD": "administrator", "PK": "user"}
        users = [{"initials": each, "password": PASSWORD, "role": role} for each, role in roles.items()]
        desk = Desk.of({"base_url": url, "account": house.studio().account, "users": users})
        yield desk
        desk.close()


def _installed(names: Sequence[str]) -> list[Adapter]:
    chosen = [ADAPTERS[name] for name in names]
    node = has_node()
    for package in dict.fromkeys(each for adapter in chosen for each in adapter.packages if node):
        install(CLIENTS / package)
    return [each for each in chosen if node or not each.packages]


def _wrong(told: Told) -> dict[str, dict[str, str]]:
    found = {name: {each: wrong for each, wrong in of.items() if wrong} for name, of in told.items()}
    return {name: of for name, of in found.items() if of}


def _fails(desk: Desk, bug: str, folder: Path) -> str | None:
    file, right, wrong, name = BUGS[bug]
    copy = folder / "javascript"
    shutil.copytree(CLIENTS / "javascript", copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(CLIENTS / "javascript" / "node_modules")
    source = copy / "src" / "indexeddb" / file
    text = source.read_text()
    assert right in text, "there is nowhere to plant it"
    source.write_text(text.replace(right, wrong))
    [story] = [each for each in stories() if each.name == name]
    command = (*ADAPTERS["indexeddb"].command[:-1], str(copy / "test" / "node_driver.js"))
    with Driver(command) as driver:
        try:
            Telling(story, driver, desk).tell()
        except Failed as failed:
            return str(failed)
    return None


def test_stories_are_written_as_their_schema_says_and_listed_in_the_readme() -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    readme = README.read_text()
    for story in stories():
        written = FOLDER / f"{story.name}.json"
        errors = [error.message for error in validator.iter_errors(json.loads(written.read_text()))]
        assert errors == [], written.name
        assert f"`{story.name}` | {story.story} |" in readme


def test_the_client_in_python_passes_the_stories_of_every_day(desk: Desk) -> None:
    assert _wrong(tell(desk, [ADAPTERS["python"]], DAILY)) == {}


@pytest.mark.slow
def test_adapters_for_node_pass_the_stories_of_every_day(desk: Desk) -> None:
    assert _wrong(tell(desk, _installed(["watermelondb", "indexeddb", "tanstack"]), DAILY)) == {}


@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(each, marks=pytest.mark.slow if each in DAILY_BUGS else pytest.mark.proof)
        for each in BUGS
    ],
)
def test_the_stories_find_a_bug_that_was_planted_in_the_copy(desk: Desk, bug: str, tmp_path: Path) -> None:
    if not _installed(["indexeddb"]):
        pytest.skip("There is no Node.")
    noticed = _fails(desk, bug, tmp_path)
    assert noticed, f"{BUGS[bug][-1]} noticed nothing"
    assert "defect" not in noticed, "what was planted does not even run"


@pytest.mark.proof
def test_every_adapter_passes_all_stories(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    named = [each for each in ADAPTERS if each != "chromium" or program()]
    told = tell(desk, _installed(named), stories())
    with capfd.disabled():
        sys.stdout.write(f"\n{table(told)}")
    assert _wrong(told) == {}
    assert len(told["first_sync"]) < len(ADAPTERS) or table(told) in README.read_text()
