"""The people and the safety notices of a studio of each test's own."""

from tests.accounts.conftest import app, assembled, client, hold, keys, other_studio, studio

__all__ = ["app", "assembled", "client", "hold", "keys", "other_studio", "studio"]
