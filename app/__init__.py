"""The backend of an offline-first app for photography studios."""

import gc

# Little of what is imported is garbage: looking for it at Python's usual pace takes a fifth of a start.
gc.set_threshold(50_000, 20, 100)
