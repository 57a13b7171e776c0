"""The web pages of a studio's administrators: they ask the public API, and have no privilege of their own."""
