"""What the house does by itself with templates: for one record as it happens, or for many at once."""
