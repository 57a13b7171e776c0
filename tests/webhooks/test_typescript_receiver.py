"""The receiver in TypeScript of the handbook is compiled, run by Node, and takes what is ours alone."""

import asyncio
import os
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from app.webhooks.signing import new_secret
from tests.clients.packages import has_node, install
from tests.webhooks.conftest import Hooking
from tests.webhooks.test_webhook_events import LEE, made
from tests.webhooks.test_webhook_posts import delivery

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default::pytest.PytestWarning")]

PACKAGE = Path(__file__).parent / "receiver"
_LISTENS = ".listen(8080)"
_TELLS_WHERE = ".listen(0, '127.0.0.1', function () { console.log(this.address().port) })"
_COMPILED_WITHIN = 120
_COMPILE = ["--strict", "--target", "es2022", "--module", "nodenext", "--rootDir", ".", "--outDir", "."]


@pytest.fixture(scope="module")
def script(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile it as it stands, but for the port it listens on."""
    if not has_node():
        pytest.skip("Node is missing")
    install(PACKAGE)
    folder = tmp_path_factory.mktemp("receiver")
    for each in ("package.json", "node_modules"):
        (folder / each).symlink_to(PACKAGE / each)
    page = (repository / "docs" / "webhooks.md").read_text()
    (folder / "receiver.ts").write_text(page.split("```typescript\n")[1].split("```")[0])
    told = subprocess.run(
        [shutil.which("node") or "node", "node_modules/typescript/bin/tsc", *_COMPILE, "receiver.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_COMPILED_WITHIN,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    compiled = folder / "receiver.js"
    text = compiled.read_text()
    assert _LISTENS in text
    compiled.write_text(text.replace(_LISTENS, _TELLS_WHERE))
    return compiled


@asynccontextmanager
async def run(script: Path, secret: str) -> AsyncIterator[tuple[Process, str]]:
    """Run it with a secret until the end, and return where it listens."""
    process = await asyncio.create_subprocess_exec(
        "node", script.name, cwd=script.parent, env={**os.environ, "WEBHOOK_SECRET": secret}, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield process, f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


async def test_it_takes_what_is_ours_once_and_nothing_else(hooked: Hooking, script: Path) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    for secret, status in ((new_secret(), 401), (hook.told["secret"], 204)):
        async with run(script, secret) as (process, url):
            told = await hook.ask("GET")
            await hook.ask("PATCH", "", {"url": url}, if_match=f'"{told["version"]}"')
            for _ in range(2):
                latest = await delivery(hook)
                await hook.ask("POST", f"/deliveries/{latest['event_id']}/resend")
                await hook.delivered()
            assert (await delivery(hook))["last_status"] == status
    assert process.stdout is not None
    [line] = (await process.stdout.read()).decode().splitlines()
    assert line == f"clients.created {orjson.loads(latest['body'])['data']['url']}"
