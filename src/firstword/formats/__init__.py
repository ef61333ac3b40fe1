"""AudioChunk to the bytes of a format. `registry` is the door; one module for each codec and container.

No I/O, one encoder per response, the header exactly once, a frame never split. Importing this room
loads no codec library: FFmpeg (`av`) is loaded by `libav` when the first encoder that needs it is built.
"""
