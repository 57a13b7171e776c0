"""The client's portal: how clients sign in to their galleries, what they see and choose there."""

import app.galleries  # noqa: F401 - declares the collections
