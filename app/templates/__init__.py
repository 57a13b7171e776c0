"""Templates: letters written once, with fields that each record fills in."""
