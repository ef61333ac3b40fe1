"""Spectra to samples, a few frames at a time, each tile joined to the one before without a seam.

The network gives for each frame of 12.5 ms what the pulses of the voice become, how loud the noise
is, and a free part. Pulses are filtered, noise is shaped, the three are summed, and an inverse
transform with overlapping windows makes the wave. What the next tile needs from this one is state:
the phase of the pulses, their last hops, and three hops of unfinished wave.

Source: `hibari.dsp` (hibari-tts 0.2.1, Apache-2.0), whose whole-sentence result this equals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Any shape; each use says which."""

SAMPLE_RATE = 24_000
HOP = 300
"""Samples in a frame."""
WINDOW = 1200
OVERLAP = WINDOW // HOP
"""Frames that share a sample: 4."""
BINS = WINDOW // 2 + 1
TILE = 80
"""Frames transformed at once. More is slower: the arrays leave the cache and the allocator's pools
(the forward transform of 160 frames: 2.0 ms at once, 0.6 in two tiles)."""
POOL = 512
"""Frames of noise, used over and over: 6.4 s before it repeats. Drawing it anew was a tenth of the work."""
LOUDEST = 7.0
"""The package's bound on log magnitudes."""
UNVOICED_HZ = 40.0
"""F0 at or below this is no voice."""
HIGHEST_HZ = 11_000.0
"""Harmonics stop below this."""

_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
_ANALYSIS = _HANN / np.float32(WINDOW / 4)
_SYNTHESIS = _HANN / np.float32(1.5)
"""Four overlapping squares of the window sum to 1.5 everywhere, so the division is in the window."""
_RISING = ((np.arange(HOP // 2) + 0.5) / HOP).astype(np.float32)
"""Weights between the middles of two frames."""


class Noise:
    """Complex white noise: for a seed, always the same.

    One pool serves all, and a seed is a place to begin in it: no seed costs a draw (5 ms) or memory
    (2.5 MB). Seeds that differ by 512 sound the same.
    """

    def __init__(self) -> None:
        draw = np.random.default_rng(0).standard_normal((BINS, 2 * POOL), np.float32).view(np.complex64)
        self._pool = np.concatenate([draw, draw[:, :TILE]], axis=1)

    def frames(self, start: int, count: int, seed: int) -> NDArray[np.complex64]:
        """The noise of `count` frames (at most a tile) from frame `start`: `(601, count)`."""
        at = (start + seed * 197) % POOL
        return self._pool[:, at : at + count]


class Pulses:
    """The voice's band-limited pulse train, in windows of 1200 samples around each frame.

    Before and after the phrase there is silence. Hops are counted from two before the first frame,
    so that the window of frame n is made of hops n to n + 3.

    Args:
        f0: Hz, shape `(F,)`, of the whole phrase.
        start: the first frame that will be asked for.
    """

    def __init__(self, f0: Floats, start: int) -> None:
        self._f0 = np.pad(f0, OVERLAP - 1)
        skipped = np.maximum(self._frequency(0, start), UNVOICED_HZ)
        self._turns = float(skipped.sum(dtype=np.float64)) / SAMPLE_RATE
        self._next = start
        self._kept = self._train(OVERLAP - 1)

    def windows(self, count: int) -> tuple[Floats, slice]:
        """The windows of the next `count` frames, `(count, 1200)`, and which of them hold pulses."""
        hops = np.concatenate([self._kept, self._train(count)])
        self._kept = hops[count:]
        voiced = np.flatnonzero(hops.any(axis=1))
        span = slice(max(0, voiced[0] - OVERLAP + 1), voiced[-1] + 1) if len(voiced) else slice(0)
        return sliding_window_view(hops.reshape(-1), WINDOW)[::HOP], span

    def _train(self, count: int) -> Floats:
        """The next `count` hops, `(count, 300)`: every harmonic below 11 kHz at the same strength.

        With t the phase, the H cosines cos(t), cos(2t), ... sum to sin((H + 1/2) t) / (2 sin(t / 2)) - 1/2.
        """
        frequency = self._frequency(self._next, count)
        self._next += count
        voiced = frequency > UNVOICED_HZ
        turns = np.cumsum(np.maximum(frequency, UNVOICED_HZ), dtype=np.float64) / SAMPLE_RATE + self._turns
        turns -= np.floor(turns)
        self._turns = float(turns[-1])
        half_angle = (turns[voiced.reshape(-1)] * np.pi).astype(np.float32)
        order = np.floor(np.float32(HIGHEST_HZ) / frequency[voiced]) + np.float32(0.5)
        below = 2 * np.sin(half_angle)
        at_peak = np.abs(below) < 2e-3
        below[at_peak] = 1
        pulse = np.where(at_peak, order, np.sin(2 * order * half_angle) / below)
        hops = np.zeros((count, HOP), np.float32)
        hops[voiced] = pulse - np.float32(0.5)
        return hops

    def _frequency(self, start: int, count: int) -> Floats:
        """F0 of every sample of some hops, `(count, 300)`: straight lines between the frames' middles."""
        before, here, after = (self._f0[start + k : start + k + count, None] for k in range(3))
        half = HOP // 2
        frequency = np.empty((count, HOP), np.float32)
        frequency[:, :half] = before + (here - before) * (_RISING + np.float32(0.5))
        frequency[:, half:] = here + (after - here) * _RISING
        return frequency


class Vocoder:
    """Turns spectra into samples as they come.

    Args:
        f0: Hz, shape `(F,)`, of the whole phrase.
        start: the frame of the first column that will be fed.
        noise: where the noise comes from.
        seed: which noise.
    """

    def __init__(self, f0: Floats, start: int, noise: Noise, seed: int) -> None:
        self._pulses = Pulses(f0, start)
        self._frame = start
        self._noise = noise
        self._seed = seed
        self._tail = np.zeros((OVERLAP - 1, HOP), np.float32)

    def feed(self, spectra: Sequence[Floats]) -> Floats:
        """The hops that are complete once these frames are added.

        Args:
            spectra: level and phase of the harmonics, level of the noise, level and phase of the free
                part; each `(601, n)`, the frames after the ones fed before.

        Returns:
            Hops `(n, 300)`; the first begins 600 samples before the middle of the first frame.
        """
        count = spectra[0].shape[1]
        hops = np.empty((count, HOP), np.float32)
        for at in range(0, count, TILE):
            tile = [spectrum[:, at : at + TILE] for spectrum in spectra]
            self._add(tile, hops[at : at + TILE])
        return hops

    def flush(self) -> Floats:
        """The three hops that later frames would have completed, `(3, 300)`."""
        return self._tail

    def _add(self, tile: Sequence[Floats], out: Floats) -> None:
        count = len(out)
        waves = np.fft.irfft(self._spectrum(tile).T, WINDOW).astype(np.float32, copy=False)
        waves *= _SYNTHESIS
        parts = waves.reshape(count, OVERLAP, HOP)
        sums = np.zeros((count + OVERLAP - 1, HOP), np.float32)
        sums[: OVERLAP - 1] = self._tail
        for k in range(OVERLAP):
            sums[k : k + count] += parts[:, k]
        out[:] = sums[:count]
        self._tail = sums[count:]

    def _spectrum(self, tile: Sequence[Floats]) -> NDArray[np.complex64]:
        """Free part + shaped noise + filtered pulses: `(601, n)`."""
        level, phase, noise_level, free_level, free_phase = tile
        count = level.shape[1]
        spectrum = _polar(free_level, free_phase)
        spectrum += self._noise.frames(self._frame, count, self._seed) * _magnitude(noise_level)
        self._frame += count
        windows, voiced = self._pulses.windows(count)
        pulses = np.fft.rfft(windows[voiced] * _ANALYSIS).astype(np.complex64, copy=False).T
        spectrum[:, voiced] += pulses * _polar(
            level[:, voiced], np.tanh(phase[:, voiced]) * np.float32(np.pi)
        )
        return spectrum


def _magnitude(level: Floats) -> Floats:
    magnitude = np.minimum(level, np.float32(LOUDEST))
    return np.exp(magnitude, out=magnitude)


def _polar(level: Floats, phase: Floats) -> NDArray[np.complex64]:
    magnitude = _magnitude(level)
    out = np.empty(level.shape, np.complex64)
    np.multiply(np.cos(phase), magnitude, out=out.real)
    np.multiply(np.sin(phase), magnitude, out=out.imag)
    return out
