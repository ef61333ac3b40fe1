"""Text to segments: pure stages over `str`, no I/O."""
