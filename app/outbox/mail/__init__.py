"""Emails on their way out: how one is written, by which server it goes, and what that answers."""
