"""What talks with a server."""
