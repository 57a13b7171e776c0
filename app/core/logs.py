"""What the house logs, and where: one line a message on standard error, at the level the operator chose."""

import logging


def start(level: str) -> None:
    """Send the house's own log to standard error; libraries keep their own ways."""
    log = logging.getLogger("studio")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        log.addHandler(handler)
    log.setLevel(level.upper())
