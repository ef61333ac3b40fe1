"""AudioChunk to the bytes of a format, and back. One module for each codec and container.

Out: `registry` is the door; one encoder per response, the header exactly once, a frame never split.
In: `decoding` for streams, `files` for recordings, `sniff` where nobody said what it is; the readers are
in `reading`.

No I/O but through a file that is open already. Importing this room loads no codec library: FFmpeg (`av`)
is loaded by `libav` when the first codec that needs it is built.
"""
