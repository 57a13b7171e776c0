"""Communications: emails, texts, calls, tasks and letters on paper, made for many at once."""
