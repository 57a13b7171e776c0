"""How large a picture may be: told to all, by a module that looks at none."""

MAX_PIXELS = 120_000_000
