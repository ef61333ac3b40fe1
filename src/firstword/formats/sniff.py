"""What some bytes are: told by themselves, or else by what they are called."""

from __future__ import annotations

from pathlib import PurePath

from firstword.core.transcripts import InputEncoding
from firstword.formats.reading import adts, mpeg

SNIFF_BYTES = 12
"""More of the first bytes do not tell more."""

_PROGRAM_STREAM = b"\x00\x00\x01\xba"
_BOXES = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide")

_NAMES = {
    **dict.fromkeys(("wav", "wave", "vnd.wave", "x-wav", "x-pn-wav"), InputEncoding.WAV),
    **dict.fromkeys(("mp3", "mpeg", "mpga", "mp2", "mpeg3", "x-mp3", "x-mpeg"), InputEncoding.MP3),
    **dict.fromkeys(("flac", "x-flac"), InputEncoding.FLAC),
    **dict.fromkeys(("ogg", "oga", "opus", "ogv", "x-opus+ogg"), InputEncoding.OGG),
    **dict.fromkeys(("webm", "weba", "mkv", "mka", "x-matroska", "matroska"), InputEncoding.WEBM),
    **dict.fromkeys(("aac", "adts", "aacp", "x-aac"), InputEncoding.AAC),
    **dict.fromkeys(("mp4", "m4a", "m4b", "mov", "3gp", "x-m4a", "quicktime", "3gpp"), InputEncoding.MP4),
    **dict.fromkeys(("pcm", "raw", "s16le", "pcm_s16le"), InputEncoding.S16LE),
    **dict.fromkeys(("f32le", "pcm_f32le"), InputEncoding.F32LE),
    **dict.fromkeys(("ulaw", "mulaw", "pcmu", "pcm_mulaw", "basic"), InputEncoding.MULAW),
    **dict.fromkeys(("alaw", "pcma", "pcm_alaw"), InputEncoding.ALAW),
}
"""By the end of a file's name, or the part of a media type behind its slash."""


def sniff(first_bytes: bytes, *, name: str | None, media_type: str | None) -> InputEncoding | None:
    """What a stream is written in; None where nothing tells.

    Args:
        first_bytes: its first `SNIFF_BYTES`, or all where it has fewer.
        name: of the file.
        media_type: as a Content-Type header has it.
    """
    suffix = PurePath(name or "").suffix.lower().removeprefix(".")
    kind, _, subtype = (media_type or "").partition(";")[0].strip().lower().partition("/")
    typed = _NAMES.get(subtype) if kind in ("audio", "video", "application") else None
    called = _NAMES.get(suffix, typed)
    if first_bytes.startswith(_PROGRAM_STREAM):  # a film, though it may be called `mpeg` as an mp3 may
        return None
    if first_bytes.startswith(b"ID3"):  # it may be before all of these
        return called if called in (InputEncoding.AAC, InputEncoding.FLAC) else InputEncoding.MP3
    return _by_magic(first_bytes[:SNIFF_BYTES]) or called


def _by_magic(data: bytes) -> InputEncoding | None:
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return InputEncoding.WAV
    signs = {b"fLaC": InputEncoding.FLAC, b"OggS": InputEncoding.OGG, b"\x1a\x45\xdf\xa3": InputEncoding.WEBM}
    if found := signs.get(data[:4]):
        return found
    if data[4:8] in _BOXES:
        return InputEncoding.MP4
    if len(data) >= 7 and adts.frame_header(data):
        return InputEncoding.AAC
    if len(data) >= 7 and mpeg.frame_header(data):
        return InputEncoding.MP3
    return None
