"""Pulling: pages with their cursors, removals that wait for edits, and a copy that can prove itself."""

from collections.abc import Callable

import pytest

from clients.python.tests.phones import Phone
from clients.python.tests.serving import Desk
from studio_sync_client import Drifted, Wanted


def test_a_first_sync_brings_everything_and_an_idle_one_nothing(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", first_name="Ann", last_name="Reed")
    report = phone.client.sync(verify=True)
    assert report.drifted == []
    found = phone.client.get("clients", ann)
    assert found is not None
    assert (found["first_name"], found["last_name"]) == ("Ann", "Reed")
    assert phone.client.status().consistent
    assert phone.client.status().next_sync_at > phone.waits.now
    assert phone.client.sync().pages == 1
    assert (phone.pages[-1].put, phone.pages[-1].removed) == (0, 0)
