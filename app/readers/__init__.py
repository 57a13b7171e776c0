"""Files of others, each read by a process that knows nothing of the rest: a table of texts, or a picture."""
