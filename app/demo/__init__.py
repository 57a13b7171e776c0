"""A believable studio to try things on: made from a seed, the same for the same seed and day."""

from app.demo.seeding import ACCOUNT, seed
from app.demo.sign_in import SignIn, write_sign_in

__all__ = ["ACCOUNT", "SignIn", "seed", "write_sign_in"]
