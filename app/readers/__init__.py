"""Files of other programs, each read as a table of texts by a process that knows nothing of the rest."""
