"""A web page's relay, as users write it with requests: requests_relay.py BASE_URL KEY FORMAT TEXT FILE.

Prints the size of each chunk as it is passed on; the audio goes to FILE.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import requests


def relayed(base_url: str, key: str, response_format: str, text: str) -> Iterator[bytes]:
    response = requests.post(
        f"{base_url}/audio/speech",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": "tts-1", "input": text, "voice": "alloy", "response_format": response_format},
        stream=True,
    )
    assert response.status_code == 200
    yield from response.iter_content(chunk_size=1024)


base_url, key, response_format, text, file = sys.argv[1:]
with Path(file).open("wb") as saved:
    for chunk in relayed(base_url, key, response_format, text):
        sys.stdout.write(json.dumps(len(chunk)) + "\n")
        sys.stdout.flush()
        saved.write(chunk)
