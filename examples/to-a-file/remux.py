"""Raw AAC into an m4a, with PyAV alone: its packets are put into another container, nothing is encoded again.

remux.py [speech.m4a] [TEXT]
"""

import sys
from pathlib import Path

import av
from openai import OpenAI

TEXT = "A A C is a raw stream, and you have to mux it into an M P 4 if you want a normal file."


def remux(raw: Path, path: Path) -> int:
    """Writes the packets of one file into another; returns how many there were."""
    packets = 0
    with av.open(raw) as source, av.open(path, "w", options={"movflags": "faststart"}) as target:
        aac = source.streams.audio[0]
        track = target.add_stream_from_template(aac)
        for packet in source.demux(aac):
            if packet.dts is not None:  # the last one only says that there are no more
                packet.stream = track
                target.mux(packet)
                packets += 1
    return packets


name, *words = sys.argv[1:] or ["speech.m4a"]
path = Path(name)
raw = path.with_suffix(".aac")
with OpenAI().audio.speech.with_streaming_response.create(
    model="tts-1", voice="alloy", input=" ".join(words) or TEXT, response_format="aac"
) as response:
    response.stream_to_file(raw)
print(f"{raw} into {path}: {remux(raw, path)} packets")
