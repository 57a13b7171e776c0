"""Files that go with letters: sent once, named by templates, kept with the account's other rows."""
