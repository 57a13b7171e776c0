"""The client list as a phone shows it: narrowed by each letter that is typed, with an index from A to Z."""
