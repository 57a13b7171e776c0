"""The first program anybody runs does what its page says, over TCP."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from clients.python.tests.serving import Desk, House
from tests.accounts.studios import PASSWORD

PACKAGE = Path(__file__).resolve().parents[1]


@pytest.fixture
def base_url(house: House) -> Iterator[str]:
    """Serve on a port of this machine's own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(house.app, lifespan="off", log_config=None))
    serving = house.portal.start_task_soon(server.serve, [listener])
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    serving.result()


def test_the_first_program(desk: Desk, base_url: str, tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    demo = {
        "base_url": base_url,
        "account": desk.account,
        "users": [{"initials": "PK", "password": PASSWORD}],
    }
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "demo.json").write_text(json.dumps(demo))
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE / "src")}
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'subject': 'Order frames'" in told.stdout
    assert told.stdout.endswith("1\n")
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 1
