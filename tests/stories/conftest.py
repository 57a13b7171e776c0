"""The stories meet the same house as the contract suite, on days of their own."""

from tests.accounts.conftest import hold  # noqa: F401 - fixtures are found by their names
from tests.contract.conftest import house, http  # noqa: F401
