"""Files of other programs, each read as a table of texts."""
