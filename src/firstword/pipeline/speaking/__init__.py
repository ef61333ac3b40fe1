"""What stands between a text and its speech: what waits, how much is spoken at once, and when."""
