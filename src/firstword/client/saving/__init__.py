"""From a stream to a file that tells the truth."""
