"""Random histories: at every consistent point a phone holds what a brute-force filter of the truth gives.

`STORIES` says how many are told (`make prove-sync STORIES=20000`), `SEED` from where on: another seed tells
others, the same seed the same. They are told in blocks, each from a seed of its own, so that workers share
them. A history that fails is made as short as it can be and printed as a program. It is kept by pasting that
program into a test at the end of this file: a seed tells another history as soon as a rule is added.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest

from app.sync.store import Write
from tests.samples import sample
from tests.sync.oracle.account import LOOKS
from tests.sync.oracle.engine import Asked, Engine
from tests.sync.oracle.machine import CHOICES, NOTHING, WHOLE, Histories
from tests.sync.oracle.membership import NAMES
from tests.sync.oracle.phone import TALLY, Phone
from tests.sync.oracle.run import tell

STORIES = int(os.environ.get("STORIES", "20"))
SEED = int(os.environ.get("SEED", "0"))
BLOCK = 20


@pytest.mark.parametrize("block", range(SEED, SEED + -(-STORIES // BLOCK)))
def test_a_phone_holds_what_it_should_at_every_consistent_point(
    engine: Engine, block: int, record_property: Callable[[str, object], None]
) -> None:
    before = Counter(TALLY)
    tell(engine, block, histories=BLOCK)
    told = TALLY - before
    for name, number in told.items():
        record_property(f"counted: {name}", number)
    if block == 0:  # Histories of one seed resemble each other: another's share may be twice as large.
        assert told["noise"] <= told["removals"] / 2, "phones are told to drop what they never held"


def test_the_end_is_the_same_however_the_way_is_cut(history: Histories) -> None:
    history.begin(
        users=0, first=[number * 104_729 % (LOOKS * len(NAMES)) for number in range(60)], preferences=[]
    )
    device = history.phones[0]
    ends = []
    for rows in (1, 2, 7, 5_000):
        phone = Phone(device.account, device.user, device.device_id)
        phone.settle(Asked(None, rows, 1_000_000))
        ends.append(phone.records)
    assert len(ends[0]) > 40
    assert all(each == ends[0] for each in ends)
    history.teardown()


def test_a_copy_in_a_verdict_is_cut_as_a_page_cuts_it(history: Histories) -> None:
    history.begin(users=0, first=[], preferences=[CHOICES.index(("email_bodies", "preview"))])
    device = history.phones[0]
    account, email = device.account, device.account.new_id()
    text = {**sample("emails"), "date": str(account.today), "body": "long " * 1000}
    account.write([Write("emails", email, text)])
    account.write([Write("emails", email, {"subject": "Changed meanwhile"})])
    device.settle(WHOLE)
    change = {"op": "patch", "collection": "emails", "id": str(email), "base_revision": 0}
    device.push([{**change, "fields": {"subject": "Typed"}}], on_conflict="merge")
    device.settle(WHOLE)
    history.teardown()


def test_a_cursor_stays_small_though_no_day_ends_with_everything_there(history: Histories) -> None:
    looks = [number * 104_729 % (LOOKS * len(NAMES)) for number in range(40)]
    history.begin(users=0, first=looks, preferences=[0, 0, 0, 0, 1, 48])
    for number in range(40):
        history.prefer(0, [number * 7 % len(CHOICES), number * 13 % len(CHOICES)], resync=0, then=0)
        history.add(0, [number * 3 % (LOOKS * len(NAMES))], then=NOTHING)
        history.let_days_pass(days=number % 4, then=0)
    history.teardown()
