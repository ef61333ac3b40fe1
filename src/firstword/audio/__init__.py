"""AudioChunk to AudioChunk: other rates, other tempi. No I/O; any cutting of the input gives the same samples."""
