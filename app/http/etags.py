"""Versions as HTTP writes them."""


def etag(version: int) -> str:
    """Return the entity tag of a version: its number in quotes."""
    return f'"{version}"'
