"""The backend of an offline-first app for photography studios."""
