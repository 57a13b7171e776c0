"""Collections of TanStack DB, which we did not write, show the copy in IndexedDB and write to it."""

import pytest

from tests.clients.packages import CLIENTS, has_node, install, tell

PACKAGE = CLIENTS / "tanstack"


@pytest.mark.slow
@pytest.mark.filterwarnings("default:Node:pytest.PytestWarning")
def test_collections_of_tanstack_db_pass_their_own_stories(capfd: pytest.CaptureFixture[str]) -> None:
    if not has_node():
        pytest.skip("There is no Node.")
    install(CLIENTS / "javascript")
    install(PACKAGE)
    tell(PACKAGE, "test", capfd)
    tell(PACKAGE, "types", capfd)
