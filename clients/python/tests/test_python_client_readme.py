"""The first program anybody runs does what its page says, over TCP."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from clients.python.tests.serving import Desk
from tests.accounts.studios import PASSWORD

PACKAGE = Path(__file__).resolve().parents[1]


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
