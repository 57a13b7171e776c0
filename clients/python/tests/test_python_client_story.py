"""Random days of two phones and a desk, on bad networks and empty batteries: all end with the same copy."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest

from clients.python.tests.phones import BatteryDied, Mortal, Phone
from clients.python.tests.serving import Desk
from studio_sync_client import NoAnswer, Wanted

STEPS = 40
PATHS = ("/v1/sync", "/v1/sync/verify", "/v1/auth/refresh")
NOWHERE = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(1, 8))])
def test_whatever_happens_on_the_way_all_phones_end_alike(
    desk: Desk, new_phone: Callable[..., Phone], seed: int
) -> None:
    story = Story(desk, new_phone, Random(seed))  # noqa: S311 - a repeatable story, no secret
    for _ in range(STEPS):
        story.step()
    story.end()


class Story:
    """Two phones, a desk, and what they do."""

    def __init__(self, desk: Desk, new_phone: Callable[..., Phone], random: Random) -> None:
        wanted = Wanted(max_rows=random.choice((20, 2_000)))
        self.desk = desk
        self.random = random
        self.new_phone = new_phone
        self.phones = [new_phone(attempts=1, wanted=wanted) for _ in range(2)]
        self.written = [desk.write("clients", last_name=f"Client {number}") for number in range(4)]
        self.count = 0

    def step(self) -> None:
        """Let one thing happen."""
        phone = self.random.choice(self.phones)
        acts = (self.make, self.make_badly, self.edit, self.edit, self.delete, self.at_desk, self.at_desk)
        self.random.choice((*(lambda act=act: act(phone) for act in acts), *[lambda: self.sync(phone)] * 4))()

    def make(self, phone: Phone) -> None:
        """Save a new client with a task."""
        with phone.client.save() as save:
            client = save.create("clients", {"last_name": self.word()})
            done = self.random.choice((None, "2020-01-01"))
            save.create("tasks", {"subject": self.word(), "client_id": client, "complete_date": done})

    def make_badly(self, phone: Phone) -> None:
        """Save what cannot be taken in."""
        with phone.client.save() as save:
            save.create("clients", {"last_name": self.word()})
            save.create("tasks", {"subject": self.word(), "client_id": NOWHERE})

    def edit(self, phone: Phone) -> None:
        """Change what others may be changing too."""
        if clients := phone.client.all("clients"):
            fields = self.random.sample(("last_name", "job_title", "company_name"), 2)
            client = self.random.choice(clients)["id"]
            phone.client.patch("clients", client, {name: self.word() for name in fields})

    def delete(self, phone: Phone) -> None:
        """Delete a task."""
        if tasks := phone.client.all("tasks"):
            phone.client.delete("tasks", self.random.choice(tasks)["id"])

    def at_desk(self, _: Phone) -> None:
        """Let the desk write, or change what phones hold."""
        match self.random.randrange(5):
            case 0:
                self.desk.prefer(tasks_completed_days=self.random.choice((30, None)))
            case 1:
                self.desk.prefer(force_full_resync=True)
            case 2:
                self.written.append(self.desk.write("clients", last_name=self.word()))
            case _:
                self.desk.write("clients", self.random.choice(self.written), last_name=self.word())

    def sync(self, phone: Phone) -> None:
        """Sync, if the network and the battery allow."""
        fate = self.random.randrange(4)
        if fate == 0:
            phone.line.lose(self.random.choice(PATHS))
        if fate == 1:
            Mortal.fuse = self.random.randrange(80)
        if fate == 2:
            phone.line.instead = self._tunnel
        try:
            phone.client.sync()
        except (NoAnswer, BatteryDied):
            phone.restart()
        Mortal.fuse, phone.line.instead = None, lambda _: None

    def end(self) -> None:
        """Let everything arrive, and compare."""
        for phone in self.phones:
            phone.line.lost.clear()
            phone.client.sync()
        for phone in self.phones:
            assert phone.client.sync(verify=True).drifted == []
        fresh = self.new_phone()
        fresh.client.sync(verify=True)
        for phone in self.phones:
            assert phone.holds() == fresh.holds()
            assert phone.client.status().unpushed == 0
            told = sorted(each.answer["n"] for each in phone.client.refusals())
            assert told == self.refused(phone), "each refusal is told once"

    def refused(self, phone: Phone) -> list[int]:
        """Return the numbers of the changes that the server has not taken in as they were."""
        rows = self.desk.execute(
            "SELECT answer FROM verdicts WHERE account_id = $1 AND device_id = $2 ORDER BY n", phone.device_id
        )
        verdicts: list[dict[str, Any]] = [json.loads(row["answer"]) for row in rows]
        lost = ("conflict", "rejected", "blocked")
        return [each["n"] for each in verdicts if each["verdict"] in lost or each["verdict"] == "merged"]

    def word(self) -> str:
        """Return a word nobody has used."""
        self.count += 1
        return f"Word {self.count}"

    def _tunnel(self, _: httpx.Request) -> None:
        if self.random.random() < 0.5:
            raise httpx.ConnectError("a tunnel")
