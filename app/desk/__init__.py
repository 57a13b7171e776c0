"""What desks and integrators ask for, record by record, of whatever collections are declared."""

import app.studio  # noqa: F401 - declares the collections
