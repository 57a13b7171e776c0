"""What is done when a studio or a person leaves: what is theirs is given out, and erased."""
