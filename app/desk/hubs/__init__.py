"""Hubs: lists of a kind of record in columns, filters and an order that users choose."""
