"""The web client is files of our own, named by one version, under a policy that lets in nobody else's."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from app.site.client import CLIENTS, web_client

_IMPORTED = re.compile(r"""^(?:import|export)[^'"]*from '([^']+)'|^import '([^']+)'""", re.MULTILINE)


def _served(clients: Path = CLIENTS) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(web_client(clients)), base_url="http://studio.test"
    )


@pytest.fixture
def site() -> httpx.AsyncClient:
    return _served()


async def test_every_file_of_the_shell_is_served_and_asks_for_nothing_from_elsewhere(
    site: httpx.AsyncClient,
) -> None:
    shell = (await site.get("/version.json")).json()
    files = [*shell["files"], "worker.js"]
    assert {"index.html", "app.js", "client/indexeddb/store.js"} <= {*files}
    for name in files:
        answer = await site.get(f"/{name}")
        assert answer.status_code == 200
        if name != "worker.js":
            assert shell["files"][name] == f"sha256-{b64encode(sha256(answer.content).digest()).decode()}"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        if name.endswith(".js"):
            imported = [one or other for one, other in _IMPORTED.findall(answer.text)]
            there = {str((Path("/") / name).parent.joinpath(each).resolve()) for each in imported}
            assert all(each.startswith(("./", "../")) for each in imported), name
            assert {each.removeprefix("/") for each in there} <= {*files}, name
        if not name.endswith((".png", ".svg")):
            assert "://" not in answer.text, name


async def test_a_file_is_sent_once_and_told_to_be_the_same_from_then_on(site: httpx.AsyncClient) -> None:
    first = await site.get("/")
    assert first.headers["content-type"].startswith("text/html")
    again = await site.get("/index.html", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.get("/worker.js")).headers["service-worker-allowed"] == "/app/"
    assert (await site.get("/../pyproject.toml")).status_code == 404


async def test_another_file_is_another_version(tmp_path: Path, site: httpx.AsyncClient) -> None:
    for each in ("web", "javascript"):
        (tmp_path / each).mkdir()
    assert (await _served(tmp_path).get("/")).status_code == 404
    (tmp_path / "web" / "index.html").write_bytes((CLIENTS / "web" / "index.html").read_bytes() + b"\n")
    versions = [(await each.get("/version.json")).json()["version"] for each in (site, _served(tmp_path))]
    assert versions[0] != versions[1]
