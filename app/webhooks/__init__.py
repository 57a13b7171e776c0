"""Webhooks: programs of others are told what has happened, by a post to an address they have named."""
