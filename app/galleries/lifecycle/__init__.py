"""A gallery's life: published, extended, expired, taken down, and published again."""

from app.galleries.lifecycle import following  # noqa: F401 - declares commands, and what follows from a write
