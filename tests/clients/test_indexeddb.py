"""The copy in IndexedDB passes the stories that are told of every client."""

import pytest

from tests.clients.packages import CLIENTS, has_node, install, tell

PACKAGE = CLIENTS / "javascript"


@pytest.mark.filterwarnings("default:Node:pytest.PytestWarning")
def test_the_copy_in_indexeddb_passes_its_own_stories(capfd: pytest.CaptureFixture[str]) -> None:
    if not has_node():
        pytest.skip("There is no Node.")
    install(PACKAGE)
    tell(PACKAGE, "test", capfd)
