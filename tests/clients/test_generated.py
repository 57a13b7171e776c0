"""Clients that generators make of the API document are compiled, and ask the real server."""

import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.clients.packages import CLIENTS
from tests.serving import TRUST, demo_studio

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("default:THE CLIENT IN:pytest.PytestWarning")]

GENERATORS = CLIENTS / "generators"
LANGUAGES = os.environ.get("LANGUAGES", "typescript python").split()
_LEVELS = {"clients": "add_modify_delete", "client_notes": "view_only"}
_UNAVAILABLE = 69
_MADE_WITHIN = 600
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"}


@dataclass
class Road:
    """A way to the server that can be told to lose an answer, or to say first that it is not the time."""

    to: httpx.Client
    troubles: list[str] = field(default_factory=list)
    passed: list[tuple[str, str | None, int]] = field(default_factory=list)


@contextmanager
def road(base_url: str) -> Iterator[tuple[str, Road]]:
    """Open one, on a port of its own; `passed` has verb, Idempotency-Key and status of what went over it."""
    with httpx.Client(base_url=base_url, verify=TRUST, timeout=60) as to:
        found = Road(to)

        class Passer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                trouble = found.troubles.pop() if self.command == "POST" and found.troubles else ""
                if trouble == "busy":
                    self.send_response(503)
                    self.send_header("Retry-After", "1")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                headers = {name: told for name, told in self.headers.items() if name.lower() not in _HOP}
                answer = found.to.request(self.command, self.path, content=body, headers=headers)
                found.passed.append((self.command, headers.get("Idempotency-Key"), answer.status_code))
                if trouble == "lost":
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                for name, told in answer.headers.items():
                    if name not in _HOP:
                        self.send_header(name, told)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PATCH = pass_on  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Passer) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}", found
            server.shutdown()


@pytest.fixture(scope="module")
def studio() -> Iterator[httpx.Client]:
    """Serve a small demo studio, and have its administrator make a key; who asks by it."""
    with tempfile.TemporaryDirectory(prefix="studio-") as folder, demo_studio(Path(folder), 40):
        demo = json.loads((Path(folder) / "demo.json").read_text())
        who = {name: demo["users"][0][name] for name in ("initials", "password")}
        with httpx.Client(base_url=demo["base_url"], verify=TRUST, timeout=60) as client:
            signed_in = client.post("/v1/auth/login", json={"account": demo["account"], **who}).json()
            desk = {"Authorization": f"Bearer {signed_in['access_token']}"}
            made = client.post("/v1/api-keys", json={"name": "Samples", "levels": _LEVELS}, headers=desk)
            client.headers["Authorization"] = f"Bearer {made.json()['key']}"
            yield client


def _generate(language: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Make a client and compile it with its sample, with what generators say for all to see."""
    if language not in LANGUAGES:
        pytest.skip(f"make prove-clients LANGUAGES={language}")
    with capfd.disabled():
        made = _generated(language)
    if made.returncode == _UNAVAILABLE and os.environ.get("CI") != "true":
        lack = f"THE CLIENT IN {language.upper()} WAS NOT TESTED"
        warnings.warn(pytest.PytestWarning(lack), stacklevel=1)
        pytest.skip(lack)
    assert made.returncode == 0, made.stdout


@cache
def _generated(language: str) -> subprocess.CompletedProcess[str]:
    made = subprocess.run(
        [GENERATORS / "generate", language],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_MADE_WITHIN,
        check=False,
    )
    print(f"\n{made.stdout}", end="")  # noqa: T201
    return made


def _sample(language: str, url: str, studio: httpx.Client) -> dict[str, Any]:
    key = studio.headers["Authorization"].removeprefix("Bearer ")
    told = subprocess.run(
        [GENERATORS / "sample", language],
        env={**os.environ, "STUDIO_URL": url, "STUDIO_KEY": key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    made: dict[str, Any] = json.loads(told.stdout)
    return made


def _clients(studio: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = ""
    while page is not None:
        answer = studio.get("/v1/clients", params={"page": page} if page else {}).json()
        found += answer["records"]
        page = answer["next_page"]
    return found


@pytest.mark.parametrize("language", ["typescript", "python", "kotlin"])
def test_a_generated_client_compiles_and_works_with_the_real_server(
    language: str, studio: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    _generate(language, capfd)
    before = _clients(studio)
    with road(str(studio.base_url)) as (url, way):
        told = _sample(language, url, studio)
        assert told == {
            "clients": len(before),
            "id": told["id"],
            "changed": "Compiled",
            "stale": "changed_meanwhile",
        }
        assert [status for *_, status in way.passed[-3:]] == [201, 200, 412]
    made = [each for each in _clients(studio) if each not in before]
    assert [(each["id"], each["last_name"]) for each in made] == [(told["id"], "Compiled")]


def test_the_typescript_client_comes_back_when_told_and_does_nothing_twice(
    studio: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    _generate("typescript", capfd)
    before = _clients(studio)
    with road(str(studio.base_url)) as (url, way):
        way.troubles += ["lost", "busy"]
        told = _sample("typescript", url, studio)
        posts = [(key, status) for verb, key, status in way.passed if verb == "POST"]
    assert way.troubles == []
    assert [status for _, status in posts] == [201, 201]
    assert len({key for key, _ in posts}) == 1
    assert [each["id"] for each in _clients(studio) if each not in before] == [told["id"]]


def test_all_but_files_of_many_kinds_is_in_the_python_client(capfd: pytest.CaptureFixture[str]) -> None:
    _generate("python", capfd)
    told = (CLIENTS / "generated" / "python" / "told.txt").read_text()
    left_out = [line for line in told.splitlines() if "will not be generated" in line]
    assert left_out == ["WARNING parsing POST /v1/imports within imports. Endpoint will not be generated."], (
        told
    )


def test_swift_is_generated(capfd: pytest.CaptureFixture[str]) -> None:
    _generate("swift", capfd)
    assert len([*(CLIENTS / "generated" / "swift").rglob("*.swift")]) > 100
