"""The audit trail: who did what in an account, when and from where, kept so that nobody rewrites it."""

from app.audit import listening as listening
