"""Are words where the audio says they are? Phrase edges of 40 sentences against the energy of the sound.

    python benchmarks/word_timings.py [--quick] [--json FILE]

Each sentence is asked for as server-sent events with word timings. The sound is looked at in windows of
5 ms: a phrase begins where they rise over -50 dBFS after at least 120 ms below it (or at the beginning),
and ends where they fall for as long (or at the end). Each such edge is compared with the nearest start, or
end, of a word; edges of inner words, where there is no silence to tell, are not.
"""

from __future__ import annotations

import base64
import json
import sys
from http.client import HTTPConnection

import numpy as np
from rig.contenders import Server, firstword
from rig.report import Report, options

from firstword.bench.statistics import quantile

WINDOW_MS = 5
LOUD = 0.003
"""-50 dBFS; speech is at -27."""
PAUSE_MS = 120
TEXTS = (
    "Yes, of course.",
    "Well, that is a surprise; nobody told me.",
    "It costs $1,234.56, tax included.",
    "Doctor Smith lives in the old house, near the river.",
    "First the bread, then the cheese, and then the wine.",
    "The 1990s were, in a word, loud.",
    "It is 20°C outside, and 5km to the town.",
    "Please close the window before you leave.",
    "She opened the letter, read it twice, and laughed.",
    "The train to the coast leaves at nine in the morning.",
    "If it rains tomorrow, we will stay at home.",
    "My brother, who lives in Canada, is coming to visit.",
    "There was nobody in the garden but the cat.",
    "Have you ever seen snow in the middle of June?",
    "He wanted to say something, but the bell rang.",
    "We planted three apple trees behind the barn.",
    "The soup is hot, so be careful.",
    "When the music stopped, everybody looked at the door.",
    "I left my glasses on the kitchen table.",
    "The committee will meet again on Thursday afternoon.",
    "Bring a coat, a hat, and a pair of good boots.",
    "Nothing in the report explained why the bridge had failed.",
    "The children ran down the hill, shouting and waving.",
    "After a long silence, she began to speak.",
    "You can pay by card or in cash.",
    "The lake was so calm that it looked like glass.",
    "He repaired the clock, and it has been right ever since.",
    "In the end, the smaller team won.",
    "The bakery on the corner sells the best bread in town.",
    "Turn left at the lights, then take the second street.",
    "A gentle wind moved the curtains.",
    "The book you asked for has arrived, madam.",
    "They talked about the weather, as people do.",
    "Her answer was short, clear, and final.",
    "The old man fed the birds every morning.",
    "Do not worry, the doctor will be here soon.",
    "It took us two hours to find the right key.",
    "The lights went out, and somebody screamed.",
    "I have never been so happy to see a bus.",
    "Keep the change, and have a nice day.",
)
"""Plain sentences; what is spoken as several words and written as one has pauses inside, and is left out."""


def spoken(server: Server, text: str) -> tuple[np.ndarray, list[dict[str, float]]]:
    """The samples, and the words."""
    body = server.request(text, stream_format="sse") | {"model_extensions": {"timings": "word"}}
    connection = HTTPConnection(server.host, server.port)
    connection.request("POST", "/v1/audio/speech", json.dumps(body))
    said = connection.getresponse().read().decode()
    connection.close()
    events = [json.loads(line.removeprefix("data: ")) for line in said.split("\n\n") if line]
    audio = b"".join(base64.b64decode(event["audio"]) for event in events if "audio" in event)
    return np.frombuffer(audio, "<i2") / 32768, [word for e in events for word in e.get("words", [])]


def edges_ms(samples: np.ndarray) -> tuple[list[float], list[float]]:
    """Where phrases begin and end."""
    size = 24 * WINDOW_MS
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.flatnonzero(np.sqrt(np.mean(windows**2, axis=1)) > LOUD)
    gaps = np.flatnonzero(np.diff(loud) > PAUSE_MS // WINDOW_MS)
    starts = [loud[0], *loud[gaps + 1]]
    ends = [*loud[gaps], loud[-1]]
    return [float(at * WINDOW_MS) for at in starts], [float((at + 1) * WINDOW_MS) for at in ends]


def nearest(edge: float, times: list[float]) -> float:
    """How far the nearest of the times is from the edge."""
    return min((time - edge for time in times), key=abs)


def main() -> int:
    """Runs."""
    chosen = options(__doc__).parse_args()
    report = Report("word_timings", chosen)
    texts = TEXTS[:10] if chosen.quick else TEXTS
    starts: list[float] = []
    ends: list[float] = []
    with firstword() as server:
        for text in texts:
            samples, words = spoken(server, text)
            begin, end = edges_ms(samples)
            starts += [nearest(edge, [word["start_ms"] for word in words]) for edge in begin]
            ends += [nearest(edge, [word["end_ms"] for word in words]) for edge in end]
    rows = []
    for name, errors in (("starts", starts), ("ends", ends)):
        sizes = [abs(error) for error in errors]
        rows.append((name, len(errors), float(np.mean(errors)), quantile(sizes, 0.5), quantile(sizes, 0.95)))
    headings = ("PHRASE", "EDGES", "MEAN MS", "MEDIAN |MS|", "P95 |MS|")
    report.table(f"{len(texts)} sentences, word edge minus energy edge", headings, rows)
    report.figures["errors_ms"] = {"starts": starts, "ends": ends}
    report.claim("p95 of all edges", quantile([abs(e) for e in (*starts, *ends)], 0.95), 60, " ms")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
