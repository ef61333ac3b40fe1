"""And played while it arrives: the client reads the SDK's stream as it is."""

from openai import OpenAI

from firstword.client import play

completion = OpenAI().chat.completions.create(
    model="gpt-4o-audio-preview",
    modalities=["text", "audio"],
    audio={"voice": "alloy", "format": "pcm16"},
    messages=[{"role": "user", "content": "Is a golden retriever a good family dog?"}],
    stream=True,
)

playback = play(completion)
playback.wait()
print(f"first sound after {1000 * (playback.first_audio_s or 0):.0f} ms, {playback.underruns} underruns")
