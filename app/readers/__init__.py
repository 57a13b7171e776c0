"""Files of others, each read by a process that knows nothing of the rest: tables, pictures, emails."""
