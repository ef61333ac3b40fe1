"""What outlives a request: the transcripts behind the audio ids of spoken answers."""
