"""Triggers: what is to follow when a record changes, or a day that it names comes near."""
