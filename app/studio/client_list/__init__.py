"""What the client list is found by: the words of each client's names, and the place they stand at."""
