"""What stands between audio and its transcripts: what waits, what is heard, and what is believed of it."""
