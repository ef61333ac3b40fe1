"""What written things are called when they are read out: pure functions and one state, for the normalizer."""
