"""Files that were written while they arrived: every decoder finds in them what they say, and nothing else."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import soundfile

from firstword.client.incoming.source import incoming
from firstword.client.saving.part import saving
from firstword.client.saving.recording import save
from firstword.core.errors import FirstwordError, UnsupportedAudio
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Samples
from firstword.formats import registry
from firstword.formats.files import open_recording
from firstword.formats.reading import adts, mpeg
from firstword.formats.reading.frames import FrameReader

pytestmark = pytest.mark.unit

LENGTHS = [100, 575, 24_000, 50_001]


def tone(frames: int, rate: int = 24_000) -> Samples:
    wave: Samples = (0.3 * np.sin(2 * np.pi * 440 * np.arange(frames) / rate)).astype(np.float32)
    return wave


def body(audio_format: AudioFormat, frames: int, rate: int = 24_000) -> bytes:
    """A stream, as a server sends it."""
    encoder = registry.encoder(AudioSpec(audio_format, rate))
    return b"".join([*encoder.feed(AudioChunk(tone(frames, rate), rate)), *encoder.flush()])


def cut(data: bytes, seed: int) -> Iterator[bytes]:
    """Its pieces, none of them empty."""
    random, at = np.random.default_rng(seed), 0
    while at < len(data):
        size = int(random.integers(1, random.choice([3, 50, 1500, 9000])))
        yield data[at : at + size]
        at += size


def libav(path: Path) -> tuple[Samples, float]:
    """What FFmpeg's library decodes, the first channel, and how long it says that it is."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        assert container.duration is not None
        return np.concatenate(parts), container.duration / 1_000_000


def ours(path: Path) -> Samples:
    with path.open("rb") as file:
        return np.concatenate([chunk.samples for chunk in open_recording(file, name=path.name)])


def frames_of(data: bytes, kind: str) -> list[bytes]:
    parse = {"mp3": mpeg.frame_header, "aac": adts.frame_header}[kind]
    reader = FrameReader(parse, kind)
    return [frame.data for frame in (*reader.feed(data), *reader.end())]


def is_near(expected: Samples, found: Samples) -> bool:
    return float(np.sqrt(np.mean((expected - found) ** 2))) < 0.02


@pytest.mark.parametrize("frames", LENGTHS)
@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_an_mp3_that_was_encoded_here_is_as_long_as_its_source(
    frames: int, rate: int, tmp_path: Path
) -> None:
    target = tmp_path / "tone.mp3"
    save(body(AudioFormat.WAV, frames, rate), target)
    by_mpg123, _ = soundfile.read(target, dtype="float32")
    by_libav, duration_s = libav(target)

    assert frames == soundfile.info(target).frames
    assert pytest.approx(frames / rate, abs=1e-5) == duration_s
    for found in (by_mpg123, by_libav, ours(target)):
        assert frames == len(found)
        assert is_near(tone(frames, rate), found)


@pytest.mark.parametrize("frames", LENGTHS)
@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
def test_an_m4a_that_was_encoded_here_is_as_long_as_its_source(
    frames: int, rate: int, tmp_path: Path
) -> None:
    target = tmp_path / "tone.m4a"
    save(body(AudioFormat.WAV, frames, rate), target)
    by_libav, duration_s = libav(target)

    assert pytest.approx(frames / rate, abs=1e-5) == duration_s
    assert frames == len(ours(target))
    assert is_near(tone(frames, rate), ours(target))
    # FFmpeg gives the whole last packet, whatever the index says.
    assert frames <= len(by_libav) < frames + 1024
    assert is_near(tone(frames, rate), by_libav[:frames])


def test_an_m4a_can_be_played_from_its_first_bytes_on(tmp_path: Path) -> None:
    save(body(AudioFormat.WAV, 5_000), tmp_path / "tone.m4a")

    assert 5_000 == sum(len(chunk.samples) for chunk in incoming(tmp_path / "tone.m4a").chunks())


@pytest.mark.program("ffmpeg")
@pytest.mark.parametrize("suffix", ["mp3", "m4a", "wav", "flac", "opus", "webm", "aac"])
@pytest.mark.parametrize("came_as", [AudioFormat.PCM, AudioFormat.MP3, AudioFormat.AAC, AudioFormat.OPUS])
def test_ffmpeg_finds_nothing_wrong(came_as: AudioFormat, suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"tone.{suffix}"
    save(
        body(came_as, 48_000, 48_000),
        target,
        encoding="pcm" if came_as == "pcm" else None,
        sample_rate=48_000,
    )
    found = subprocess.run(
        [shutil.which("ffmpeg") or "", "-v", "error", "-xerror", "-i", target, "-f", "null", "-"],
        capture_output=True, check=False,
    )  # fmt: skip

    assert (0, b"") == (found.returncode, found.stderr)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "wav", "flac", "aac"])
@pytest.mark.parametrize("came_as", [AudioFormat.WAV, AudioFormat.MP3, AudioFormat.AAC])
def test_a_file_does_not_depend_on_how_the_stream_was_cut(
    came_as: AudioFormat, suffix: str, tmp_path: Path
) -> None:
    came = body(came_as, 20_000)
    save(came, tmp_path / f"whole.{suffix}")
    for seed in range(5):
        save(cut(came, seed), tmp_path / f"{seed}.{suffix}")

        assert (tmp_path / f"whole.{suffix}").read_bytes() == (tmp_path / f"{seed}.{suffix}").read_bytes()


def test_an_mp3_of_others_is_left_as_it_is_behind_a_frame_that_counts(tmp_path: Path) -> None:
    came = body(AudioFormat.MP3, 24_000)
    save(cut(came, 1), tmp_path / "tone.mp3")
    tag, *rest = frames_of((tmp_path / "tone.mp3").read_bytes(), "mp3")

    assert came == b"".join(rest)
    assert b"Info" == tag[13:17]
    assert 576 * len(rest) - 529 == soundfile.info(tmp_path / "tone.mp3").frames  # less a decoder's delay
    assert pytest.approx(576 * len(rest) / 24_000, abs=1e-5) == libav(tmp_path / "tone.mp3")[1]


@pytest.mark.parametrize(("suffix", "audio_format"), [("mp3", AudioFormat.MP3), ("m4a", AudioFormat.AAC)])
def test_a_server_that_tells_its_encoder_s_delay_is_believed(
    suffix: str, audio_format: AudioFormat, tmp_path: Path
) -> None:
    came, target = body(audio_format, 24_000), tmp_path / f"tone.{suffix}"
    delay = str(registry.delay_frames(audio_format))
    save(SimpleNamespace(iter_bytes=lambda: cut(came, 2), headers={"x-audio-encoder-delay": delay}), target)

    assert is_near(tone(24_000), ours(target)[:24_000])
    assert 24_000 <= len(ours(target)) < 24_000 + 1_152


def test_tags_before_the_first_frame_stay_before_it(tmp_path: Path) -> None:
    tags = b"ID3\x04\0\0" + bytes([0, 0, 1, 2]) + bytes(130)
    came = tags + body(AudioFormat.MP3, 24_000) + b"TAG" + bytes(125)
    save(cut(came, 3), tmp_path / "tone.mp3")
    found = (tmp_path / "tone.mp3").read_bytes()

    assert found.startswith(tags + b"\xff")
    assert found.endswith(came[len(tags) :])
    assert len(found) > len(came)


def muxed(name: str, codec: str, *, channels: str = "mono", rate: int = 44_100) -> bytes:
    """A second of tone, as FFmpeg's muxer writes it."""
    file = io.BytesIO()
    with av.open(file, "w", format=name) as container:
        stream = container.add_stream(codec, rate=rate, layout=channels)
        samples = np.stack([tone(rate, rate)] * len(stream.codec_context.layout.channels))
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=channels)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


@pytest.mark.parametrize("stated", [0, 1, 10_000])
def test_another_encoder_s_tag_is_set_right(stated: int, tmp_path: Path) -> None:
    right = muxed("mp3", "libmp3lame", channels="stereo")
    at = right.index(b"Info") + 8
    assert len(frames_of(right, "mp3")) - 1 == int.from_bytes(right[at : at + 4], "big")
    came = right[:at] + stated.to_bytes(4, "big") + right[at + 4 :]
    save(cut(came, 4), tmp_path / "wrong.mp3")
    save(cut(right, 5), tmp_path / "right.mp3")

    assert right == (tmp_path / "right.mp3").read_bytes() == (tmp_path / "wrong.mp3").read_bytes()


@pytest.mark.requirement("saved-files-tell-their-length")
@pytest.mark.parametrize(("rate", "channels"), [(24_000, "mono"), (44_100, "stereo"), (96_000, "5.1")])
def test_aac_goes_into_an_m4a_packet_by_packet(rate: int, channels: str, tmp_path: Path) -> None:
    came = muxed("adts", "aac", channels=channels, rate=rate)
    save(cut(came, 6), tmp_path / "tone.m4a")

    with av.open(str(tmp_path / "tone.m4a")) as container:
        stream = container.streams.audio[0]
        packets = [bytes(packet) for packet in container.demux(stream) if packet.size]
        assert (rate, channels) == (stream.codec_context.sample_rate, stream.codec_context.layout.name)
    assert [adts.packet(frame) for frame in frames_of(came, "aac")] == packets
    assert 1024 * len(packets) == len(ours(tmp_path / "tone.m4a"))


def test_an_mp4_is_an_m4a_already(tmp_path: Path) -> None:
    came = muxed("mp4", "aac")
    save(cut(came, 7), tmp_path / "tone.m4a")

    assert came == (tmp_path / "tone.m4a").read_bytes()


def test_aac_that_changes_in_the_middle_is_no_m4a(tmp_path: Path) -> None:
    came = body(AudioFormat.AAC, 24_000) + body(AudioFormat.AAC, 24_000, 48_000)

    with pytest.raises(FirstwordError):
        save(came, tmp_path / "tone.m4a")

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("audio_format", [AudioFormat.MP3, AudioFormat.WAV, AudioFormat.OPUS])
def test_only_aac_is_written_into_an_m4a(audio_format: AudioFormat, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedAudio, match="Only AAC"), saving(tmp_path / "tone.m4a") as file:
        file.write(body(audio_format, 1_000))

    assert [] == list(tmp_path.iterdir())


def test_what_is_called_mp3_and_is_none_is_left_as_it_is(tmp_path: Path) -> None:
    noise = b"\x17" + np.random.default_rng(1).bytes(100_000)
    for name, came in (("a.mp3", noise), ("b.mp3", b"short"), ("c.mp3", b"ID3\x04" + bytes(200_000))):
        with saving(tmp_path / name) as file:
            file.write(came)

        assert came == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(("suffix", "audio_format"), [("mp3", AudioFormat.MP3), ("m4a", AudioFormat.AAC)])
@pytest.mark.parametrize("kept", [3_000, 3_001, 4_444])
def test_an_interrupted_file_has_every_whole_frame(
    suffix: str, audio_format: AudioFormat, kept: int, tmp_path: Path
) -> None:
    came, target = body(audio_format, 48_000)[:kept], tmp_path / f"tone.{suffix}"

    def interrupted() -> Iterator[bytes]:
        yield from cut(came, 8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(interrupted(), target)
    reader = FrameReader(mpeg.frame_header if suffix == "mp3" else adts.frame_header, suffix)
    packets = list(reader.feed(came))

    assert reader.offset < len(came)
    assert len(packets) * packets[0].header.frames == len(ours(target))
    assert len(ours(target)) == len(libav(target)[0])
    assert [target] == list(tmp_path.iterdir())


def test_an_interrupt_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> Iterator[bytes]:
        yield body(AudioFormat.AAC, 24_000)[:20]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(interrupted(), tmp_path / "tone.m4a")

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("suffix", "frame"), [("mp3", "fff314c4"), ("m4a", "fff14c4001bffc")])
def test_memory_does_not_grow_with_what_is_saved(suffix: str, frame: str, tmp_path: Path) -> None:
    """But for the lengths of an .m4a's packets, of which there are 20,000 in seven minutes."""
    block = bytes.fromhex(frame).ljust(24 if suffix == "mp3" else 13, b"\0") * 200
    with saving(tmp_path / f"before.{suffix}") as file:
        file.write(block)  # what is loaded once is loaded
    tracemalloc.start()
    try:
        with saving(tmp_path / f"minutes.{suffix}") as file:
            for _ in range(100):
                file.write(block)
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 200_000
