"""The home page: panels each user arranges, of what they may view, and shortcuts."""
