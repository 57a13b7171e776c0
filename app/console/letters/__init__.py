"""Pages about letters: what is to be sent and was, what it is made of, and what has it made by itself."""
