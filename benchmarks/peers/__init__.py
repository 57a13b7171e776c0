"""What a studio's developers would pick instead, served beside ours on the same PostgreSQL."""
