"""Online galleries: pictures of sessions, which of them are shown to whom, and for how long."""

import app.studio  # noqa: F401 - declares the collections
