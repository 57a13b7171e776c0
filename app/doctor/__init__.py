"""Whether an installation is well: what looks at all of it, changes nothing, and names what mends."""
