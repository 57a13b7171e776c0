"""Safety notices: what is unusual about the sign-ins of an account, until somebody has looked at it."""

from app.notices import listening as listening
