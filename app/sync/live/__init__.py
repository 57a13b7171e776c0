"""Live: who waits for an account to move, and how they are told."""
