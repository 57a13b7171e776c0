"""Why a file is not read."""


class Unreadable(Exception):
    """The file cannot be read as what it is said to be: `reason` says why, and `row` where, if known."""

    def __init__(self, reason: str, **where: int) -> None:
        super().__init__(reason)
        self.told: dict[str, object] = {"reason": reason, **where}


class TooLong(Exception):
    """The file has more of something, `limit`, than the `most` there may be."""

    def __init__(self, limit: str, most: int) -> None:
        super().__init__(limit)
        self.told: dict[str, object] = {"limit": limit, "most": most}
