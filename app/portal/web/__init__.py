"""The client's pages: signing in at a gallery's own address, its pictures, and what is chosen there."""
