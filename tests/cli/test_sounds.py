"""What a command hears: the microphone as it is, or silence in its place."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from firstword.cli.sounds import DEAF_S, Spoken
from tests.client.test_microphone import RATE, Device, noise, samples

pytestmark = pytest.mark.unit


def heard(spoken: Spoken) -> list[bytes]:
    """Everything, until it is stopped or fails."""

    async def read() -> list[bytes]:
        return [audio async for audio in spoken]

    return asyncio.run(read())


def test_who_is_deaf_hears_silence_of_the_same_length() -> None:
    device, said, answers = Device(), noise(0.3), iter([False, True, False])
    with device.microphone() as microphone:
        spoken, pieces = Spoken(microphone, lambda: next(answers)), []

        async def read() -> None:
            audio = aiter(spoken)
            for begin in (0, 1_600, 3_200):
                device.hear(said[begin : begin + 1_600])
                pieces.append(await anext(audio))

        asyncio.run(read())

    said[1_600:3_200] = 0
    assert np.array_equal(said, samples(*pieces))


def test_a_microphone_that_gives_nothing_is_told_once_and_one_that_has_given_something_never(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for first in (0, 1):
        device = Device()
        with device.microphone() as microphone:
            device.hear(np.full(160, first, np.int16))
            spoken = Spoken(microphone)

            async def read(device: Device = device, spoken: Spoken = spoken) -> None:
                audio = aiter(spoken)
                for _ in range(5):
                    await anext(audio)
                    device.hear(np.zeros(round(RATE * DEAF_S), np.int16))

            asyncio.run(read())

    assert 1 == capsys.readouterr().err.count("gives nothing")


def test_a_device_that_has_gone_is_an_end_and_its_reason_is_kept() -> None:
    device = Device()
    with device.microphone() as microphone:
        device.hear(noise(0.1))
        device.active = False
        spoken = Spoken(microphone)

        assert 3_200 == sum(map(len, heard(spoken)))
    assert spoken.failure is not None
