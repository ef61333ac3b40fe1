"""A process that fetches the small model: `python -m tests.catalog.pulling HUB_URL FOLDER`."""

import sys
from pathlib import Path

from firstword.catalog.entries import HubRepository
from firstword.catalog.fetch import Step
from firstword.catalog.store import ModelStore
from tests.catalog.making import FILES, entry_of

SOURCE = HubRepository("makers/small", "0123abc", {name: f"files/{name}" for name in FILES})
CONTENT = {f"/makers/small/resolve/0123abc/files/{name}": data for name, data in FILES.items()}
"""What a hub has of it."""


def _say(step: Step) -> None:
    sys.stdout.write(f"{step.doing}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    store = ModelStore(Path(sys.argv[2]), entries=[entry_of(SOURCE)], hub=sys.argv[1])
    sys.stdout.write(f"{store.pull(store.entries['small'], _say)}\n")
