"""How finance snapshots are kept: sums by day, moved by what changes, and told as figures."""
