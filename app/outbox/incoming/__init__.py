"""What comes in: replies, reports of what did not arrive, and texts."""
