"""People: accounts, their users and devices, and who is asking."""
