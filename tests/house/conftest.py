"""The house tests meet the same house, accounts and phones as the contract suite."""

from tests.contract.conftest import (  # noqa: F401 - fixtures are found by their names
    first_phone,
    house,
    http,
    strange_phone,
    stranger,
    studio,
)
