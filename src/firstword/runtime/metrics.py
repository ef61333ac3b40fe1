"""What happens, counted for Prometheus. One registry a process, made by the assembly."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class PrometheusMeter:
    """The `Meter` of one process, and its text for `/metrics`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        label = ("model",)
        self._ttfa = Histogram(
            "firstword_ttfa_seconds",
            "From request to the first audio made.",
            label,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._active = Gauge("firstword_active_streams", "Responses now.", label, registry=self.registry)
        self._ended = Counter(
            "firstword_streams", "Responses ended.", (*label, "outcome"), registry=self.registry
        )
        self._chars = Counter("firstword_input_chars", "Characters spoken.", label, registry=self.registry)
        self._audio = Counter("firstword_audio_seconds", "Audio made.", label, registry=self.registry)
        self._busy = Counter("firstword_busy_seconds", "Worker time spent.", label, registry=self.registry)
        self._rtf = Histogram(
            "firstword_real_time_factor",
            "Worker time for a second of audio.",
            label,
            buckets=(0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            registry=self.registry,
        )
        self._underrun = Counter(
            "firstword_predicted_underrun_seconds",
            "Silence a listener at 1x would have heard.",
            label,
            registry=self.registry,
        )

        self._listening = Gauge(
            "firstword_active_sessions", "Sessions and recordings heard now.", label, registry=self.registry
        )
        self._heard = Counter(
            "firstword_sessions",
            "Sessions and recordings ended.",
            (*label, "outcome"),
            registry=self.registry,
        )
        self._audio_in = Counter("firstword_audio_in_seconds", "Audio heard.", label, registry=self.registry)
        self._transcript = Histogram(
            "firstword_transcript_seconds",
            "From audio that could be heard to its transcript.",
            (*label, "kind"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._lag = Histogram(
            "firstword_lag_seconds",
            "Audio received and not looked at when a transcript was written.",
            label,
            buckets=_SECONDS,
            registry=self.registry,
        )

    def speech_started(self, model: str) -> None:
        """A run began."""
        self._active.labels(model).inc()

    def first_audio(self, model: str, seconds: float) -> None:
        """The first chunk of a run was made, `seconds` after it was asked for."""
        self._ttfa.labels(model).observe(seconds)

    def underrun(self, model: str, seconds: float) -> None:
        """A listener at 1x would have waited `seconds` for this block."""
        self._underrun.labels(model).inc(seconds)

    def speech_ended(self, model: str, chars: int, audio_s: float, busy_s: float, outcome: str) -> None:
        """A run ended: `outcome` is `done`, `cancelled` or `failed`."""
        self._active.labels(model).dec()
        self._ended.labels(model, outcome).inc()
        self._chars.labels(model).inc(chars)
        self._audio.labels(model).inc(audio_s)
        self._busy.labels(model).inc(busy_s)
        if audio_s:
            self._rtf.labels(model).observe(busy_s / audio_s)

    def listening_started(self, model: str) -> None:
        """A session, or a recording, began to be heard."""
        self._listening.labels(model).inc()

    def transcript_written(self, model: str, seconds: float, lag_s: float, *, final: bool) -> None:
        """A transcript was written, `seconds` after the audio it was made of could have been heard."""
        self._transcript.labels(model, "final" if final else "partial").observe(seconds)
        self._lag.labels(model).observe(lag_s)

    def listening_ended(self, model: str, audio_s: float, busy_s: float, outcome: str) -> None:
        """It ended: `outcome` as for runs, after `audio_s` of audio and `busy_s` of worker time."""
        self._listening.labels(model).dec()
        self._heard.labels(model, outcome).inc()
        self._audio_in.labels(model).inc(audio_s)
        self._busy.labels(model).inc(busy_s)

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a gauge that is read when it is asked for."""
        Gauge(f"firstword_{name}", help_text, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
