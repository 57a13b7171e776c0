"""What a stranger is shown of the product without signing in."""
