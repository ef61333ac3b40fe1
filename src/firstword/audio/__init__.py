"""AudioChunk to AudioChunk: other rates, other tempi. No I/O; how the input is cut changes no sample."""
