"""Communications: emails, texts, calls, tasks and letters on paper, made for many at once."""

from app.automations.communications import following  # noqa: F401 - declares what follows from a write
