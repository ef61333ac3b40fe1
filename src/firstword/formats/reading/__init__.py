"""Bytes of one stream to samples: a generator for each container.

A reader asks its `ByteQueue` for bytes, yields `None` where it has to wait for more, and what it found where
it found it. It never sees how the bytes were cut, so the cutting cannot change what comes out.
`firstword.formats.decoding` is the door.
"""
