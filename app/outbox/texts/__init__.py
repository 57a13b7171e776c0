"""Texts on their way out and in: by which line they go, what the provider answers, and what comes back."""
