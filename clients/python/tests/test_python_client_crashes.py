"""A phone whose battery dies goes on where it was: nothing is lost, nothing counts twice, nothing is half."""

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

from clients.python.tests.phones import BatteryDied, Mortal, Phone
from clients.python.tests.serving import Desk

ROOT = Path(__file__).resolve().parents[3]


def test_a_battery_may_die_between_any_two_statements_of_a_save_and_a_sync(desk: Desk, phone: Phone) -> None:
    phone.client.sync()
    saved = set()
    for fuse in count():
        name = f"Save {fuse}"
        desk.write("clients", last_name="From the desk")
        Mortal.fuse, is_over = fuse, False
        try:
            with phone.client.save() as save:
                client = save.create("clients", {"last_name": name})
                save.create("tasks", {"subject": name, "client_id": client})
            phone.client.sync(verify=True)
            is_over = True
        except BatteryDied:
            phone.restart()
        Mortal.fuse = None
        halves = [phone.client.where("clients", last_name=name), phone.client.where("tasks", subject=name)]
        assert [len(half) for half in halves] in ([0, 0], [1, 1])
        saved |= {name} if halves[0] else set()
        if is_over:
            break
        phone.client.sync()
    assert len(saved) > 20
    assert phone.client.sync(verify=True).drifted == []
    assert {each["subject"] for each in phone.client.all("tasks")} == saved
    made = desk.execute("SELECT subject FROM tasks WHERE account_id = $1")
    assert sorted(row["subject"] for row in made) == sorted(saved)
    assert phone.client.refusals() == []


def test_kill_9_leaves_whole_saves_numbered_without_a_gap(desk: Desk, phone: Phone) -> None:
    phone.client.close()
    command = [sys.executable, "-m", "clients.python.tests.saving", str(phone.path)]
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python' / 'src'}"}
    with subprocess.Popen(command, cwd=ROOT, env=path, stdout=subprocess.PIPE) as app:
        assert app.stdout is not None
        told = [app.stdout.readline() for _ in range(20)]
        app.kill()
        told += app.stdout.readlines()
    phone.client = phone.open()
    kept = phone.client._store.rows("SELECT change FROM queue ORDER BY place")
    assert len(kept) % 3 == 0
    assert len(kept) >= 3 * told.count(b"saved\n") >= 60
    assert [json.loads(change)["n"] for (change,) in kept] == list(range(1, len(kept) + 1))
    assert phone.client.sync(verify=True).pushed == len(kept)
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == len(kept)
