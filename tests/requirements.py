"""What firstword must do, each behaviour with where it was asked for, tied to tests both ways.

A test names the entries it proves with `@pytest.mark.requirement("id", ...)`. `test_requirements.py`
fails for an entry that no test names, and for a mark that names no entry.

Sources are users' threads, by file name, and sections of the wire contract.
"""

from dataclasses import dataclass

CHUNKED_PLAYBACK = "000_4926aab22a366009.txt"
"""Users who try to play speech while it arrives."""
LATENCY = "002_c073cc4167992cae.txt"
"""Users whose long texts wait a minute for their first sound."""
CHAT_AUDIO = "001_5803708f14d41c12.txt"
"""Users who wait for a chat that speaks over server-sent events."""
VENDOR_GUIDE = "003_98654c9323ae0eee.txt"
"""A vendor's guide to its OpenAI-compatible audio API."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One behaviour."""

    source: str
    behaviour: str


REQUIREMENTS: dict[str, Requirement] = {
    # Saving and playing
    "saved-files-tell-their-length": Requirement(
        LATENCY,
        "A stream in any format is saved in any other while it arrives, AAC into an m4a without encoding it "
        "again, and the file tells its true length.",
    ),
    "heard-is-what-was-sent": Requirement(
        CHUNKED_PLAYBACK,
        "Of any format, at any pace, every sample is heard, and silence only where the player says so.",
    ),
    # Chat
    "chat-streams-words-and-audio": Requirement(
        CHAT_AUDIO, "A streamed chat answer alternates pieces of its transcript and of its audio."
    ),
    "chat-speaks-while-it-writes": Requirement(
        CHAT_AUDIO, "The first sentence of a chat answer is heard before the second is written."
    ),
    "chat-answers-whole": Requirement(
        CHAT_AUDIO, "Without `stream` the answer has its whole audio in any of six formats, with true sizes."
    ),
    "chat-pieces-can-be-joined": Requirement(
        "CONTRACT B4", "The base64 of an answer's pieces of audio can be joined before it is decoded."
    ),
    "chat-accumulates-in-the-sdk": Requirement(
        "CONTRACT B4", "The official helpers put a streamed answer together: one id, one expiry, all audio."
    ),
    "chat-tells-when-its-words-sound": Requirement(
        "CONTRACT A7",
        "A streamed chat answer tells, where asked, each word's place in its transcript and in its audio.",
    ),
    "chat-usage": Requirement(CHAT_AUDIO, "Usage tells tokens of text and of audio apart, both ways."),
    "chat-text-alone": Requirement("CONTRACT B4", "Without audio asked for, it is a plain chat server."),
    "chat-hears-recordings": Requirement(CHAT_AUDIO, "Recordings in a user's messages are heard."),
    "chat-goes-on-by-audio-id": Requirement(
        "CONTRACT B4", "A later turn refers to a spoken answer by its id, until it expires; then it is a 404."
    ),
    "chat-calls-tools": Requirement(
        "CONTRACT B4", "A call has no audio, and the answer after its result is spoken."
    ),
    "chat-fails-in-words": Requirement(
        "CONTRACT A2", "A chat model that fails midway is told after the audio that was made."
    ),
    "chat-cancel-is-quick": Requirement(
        "CONTRACT A6", "A chat answer's audio is made a bounded time ahead of its listener."
    ),
    # First audio
    "audio-before-synthesis-ends": Requirement(
        CHUNKED_PLAYBACK, "Audio can be read from the response before the rest of it has been made."
    ),
    "audio-before-text-ends": Requirement(
        LATENCY, "A long text's first sentence is heard before its second one is synthesized."
    ),
    "length-does-not-delay-the-first-word": Requirement(
        LATENCY, "A text of any length makes its first chunk after the same work as its first sentence alone."
    ),
    "engine-streams-inside-a-sentence": Requirement(
        LATENCY, "The default voice gives several chunks within one sentence, the same audio as in one piece."
    ),
    "body-is-chunked": Requirement(
        CHUNKED_PLAYBACK, "Streamed audio has chunked transfer encoding, no Content-Length, no compression."
    ),
    "response-headers-for-proxies": Requirement(
        CHUNKED_PLAYBACK, "Headers keep proxies and browsers from holding the body back or transforming it."
    ),
    "buffering-proxy-passes-audio-on": Requirement(
        CHUNKED_PLAYBACK,
        "Behind a proxy with default buffering and gzip, audio arrives while it is being made.",
    ),
    # Formats
    "speech-default-format-is-mp3": Requirement(
        "CONTRACT B1", "Without `response_format` the answer is mp3."
    ),
    "speech-six-formats": Requirement("CONTRACT B1", "mp3, opus, aac, flac, wav and pcm can be asked for."),
    "speech-media-types": Requirement("CONTRACT B1", "Each format is sent under its media type."),
    "speech-pcm-is-24k-mono-s16le": Requirement(
        "CONTRACT F", "pcm is 24 kHz mono signed 16 bit little endian, whatever the model's own rate."
    ),
    "pcm16-means-pcm": Requirement("CONTRACT B7", "`pcm16` is accepted as another name of `pcm`."),
    "one-stream-per-response": Requirement(
        CHUNKED_PLAYBACK,
        "A body is one stream of its format: one header, and every decoder reads it to the end.",
    ),
    "every-sample-survives": Requirement(
        CHUNKED_PLAYBACK, "Decoding gives as many samples as were made; the first and last 50 ms are there."
    ),
    "opus-pages-are-small": Requirement(
        LATENCY, "Ogg pages hold one 20 ms packet, and the first page after the headers has audio."
    ),
    "opus-plays-in-browsers": Requirement(
        CHUNKED_PLAYBACK, "Opus can be had in WebM, which browsers play while it arrives."
    ),
    "flac-frames-stream": Requirement(
        CHUNKED_PLAYBACK, "flac leaves frame by frame, not when the file is complete."
    ),
    "mp3-frames-stand-alone": Requirement(
        CHUNKED_PLAYBACK, "mp3 frames need only what came before them: each plays when it arrives."
    ),
    "wav-streams-with-open-length": Requirement(
        LATENCY, "A wav of unknown length is readable: its header says so and no reader finds it empty."
    ),
    "complete-wav-has-true-sizes": Requirement(
        LATENCY, "A wav that is complete before it is sent states its true sizes."
    ),
    "telephony-encodings": Requirement(
        VENDOR_GUIDE, "`model_extensions.encoding` gives mulaw or alaw in pcm and wav."
    ),
    "encoder-delay-is-declared": Requirement(
        CHUNKED_PLAYBACK, "The silence that a codec puts before the audio is declared in a header."
    ),
    # Request fields
    "speech-model-aliases": Requirement(
        "CONTRACT A1", "OpenAI's speech model names, dated ones too, mean the default voice engine."
    ),
    "speech-voice-aliases": Requirement(
        "CONTRACT A1", "Each of OpenAI's 13 voice names is answered by a real voice."
    ),
    "speech-voice-may-be-an-object": Requirement("CONTRACT B1", '`voice` may be `{"id": name}`.'),
    "speech-speed-keeps-pitch": Requirement(
        "CONTRACT B1", "`speed` from 0.25 to 4 changes the duration and not the pitch."
    ),
    "speech-stream-is-accepted": Requirement(
        LATENCY, "A top-level `stream` is accepted and changes nothing: speech always streams."
    ),
    "speech-top-level-extras-are-passed-over": Requirement(
        "CONTRACT B1", "Unknown top-level fields, which real clients send, are passed over."
    ),
    "speech-sample-rate-by-extension": Requirement(
        VENDOR_GUIDE, "`model_extensions.sr` sets the sample rate of the answer."
    ),
    "speech-sample-rate-top-level": Requirement("CONTRACT B1", "A top-level `sample_rate` is accepted too."),
    "unknown-extensions-are-refused": Requirement(
        VENDOR_GUIDE, "An unknown key in `model_extensions` is a 400 that names it."
    ),
    "instructions-are-bounded": Requirement(
        "CONTRACT B1", "`instructions` over 4,096 characters are refused."
    ),
    "sse-only-by-stream-format": Requirement(
        "CONTRACT B0", "Only `stream_format` chooses SSE; the Accept header, which SDKs set anyhow, does not."
    ),
    # SSE
    "sse-deltas-carry-the-asked-format": Requirement(
        "CONTRACT B1", "The deltas of `stream_format: sse`, joined, are the body that `audio` would have had."
    ),
    "sse-deltas-follow-encoder-blocks": Requirement(
        "CONTRACT B1", "Each encoder block is a delta of its own."
    ),
    "sse-ends-with-done-and-usage": Requirement(
        "CONTRACT A4", "The last event is `speech.audio.done` with usage."
    ),
    "sse-has-no-done-marker": Requirement("CONTRACT A4", "Speech SSE sends no `[DONE]`."),
    "usage-tokens": Requirement(
        "CONTRACT A4", "Text tokens are characters / 4 and audio tokens one per 50 ms, both rounded up."
    ),
    # What is spoken
    "markup-is-not-spoken": Requirement(
        VENDOR_GUIDE, "Markdown, code blocks, HTML and emoji are not read out, however the text was cut."
    ),
    "numbers-are-spoken": Requirement(
        "CONTRACT A7",
        "Numbers, dates, money, units, versions and addresses are given to the engine in words.",
    ),
    "spoken-words-keep-their-places": Requirement(
        "CONTRACT A7", "What is spoken can be told in offsets of the original text, amounts included."
    ),
    "no-word-is-lost": Requirement(
        LATENCY, "Every word that is neither markup, code nor part of an address is spoken, in order."
    ),
    "ssml-is-refused": Requirement(
        "CONTRACT A2", "SSML with elements is a 400 `ssml_unsupported`; only text inside `speak` is spoken."
    ),
    # Errors and limits
    "error-object-has-all-four-keys": Requirement(
        "CONTRACT B0", "Every error body is `error` with message, type, param and code."
    ),
    "every-error-has-a-status": Requirement(
        "CONTRACT A2", "Every error of ours has its row: status, type, code."
    ),
    "framework-errors-are-rewritten": Requirement(
        "CONTRACT B0",
        "404, 405 and validation errors of the framework have our error body, and 400 instead of 422.",
    ),
    "bad-json-is-400": Requirement("CONTRACT A2", "A body that is no JSON object is a 400."),
    "bad-fields-are-named": Requirement("CONTRACT A2", "A 400 names the field at fault in `param`."),
    "missing-fields-are-400": Requirement("CONTRACT B1", "model, input and voice are required."),
    "unknown-names-are-404": Requirement(
        "CONTRACT A2", "An unknown model or voice is a 404 that lists what exists."
    ),
    "voice-of-another-model-is-400": Requirement(
        "CONTRACT A2", "A voice that exists, but not for this model, is a 400."
    ),
    "unspeakable-text-is-400": Requirement(
        "CONTRACT A2", "Text that the voice cannot speak is a 400, never noise or silence."
    ),
    "long-input-is-refused-never-cut": Requirement(
        "CONTRACT A2", "100,000 characters are accepted by default; more is refused, never silently cut."
    ),
    "large-body-is-413": Requirement(
        "CONTRACT A2", "A body over the limit is a 413 before it is read to the end."
    ),
    "idle-upload-is-408": Requirement("CONTRACT A2", "A client that stops sending its body is told 408."),
    "keys-are-checked": Requirement("CONTRACT A2", "With keys configured, no key or a wrong one is a 401."),
    "key-is-ignored-without-keys": Requirement(
        "CONTRACT B0", "Without keys configured a Bearer sent anyway, as SDKs must, is ignored."
    ),
    "overload-is-429-or-503": Requirement(
        "CONTRACT A2", "Over one's own limit is 429; a server that is full, loading or draining is 503."
    ),
    "retry-headers": Requirement(
        "CONTRACT A2", "429 and 503 carry Retry-After in whole seconds and x-should-retry."
    ),
    "failure-before-audio-is-a-proper-error": Requirement(
        "CONTRACT A2", "An engine that fails before its first chunk gives a status and an error body, no 200."
    ),
    "failure-after-audio-aborts-the-body": Requirement(
        "CONTRACT A2", "An engine that fails later ends the audio body without its terminating chunk."
    ),
    "failure-after-audio-is-an-sse-error": Requirement(
        "CONTRACT A2", "In SSE a later failure is an `error` event and no done event."
    ),
    "disconnect-stops-the-model": Requirement(
        CHUNKED_PLAYBACK, "When the listener leaves, the model stops within a step and everything is freed."
    ),
    "silent-readers-delay-nobody": Requirement(
        LATENCY, "Listeners that stop reading hold bounded memory and do not delay others."
    ),
    # Listings
    "models-list-shape": Requirement("CONTRACT B5", "GET /v1/models has OpenAI's list shape."),
    "models-tell-more": Requirement(
        "CONTRACT A1",
        "Models also tell task, capabilities, languages, voices, rate, licence, state and alias_of.",
    ),
    "models-filter": Requirement(
        VENDOR_GUIDE, "The model list can be filtered by the desired capability, and by task."
    ),
    "one-model": Requirement(
        "CONTRACT B5", "GET /v1/models/{id} gives one model, names with slashes too, or a 404."
    ),
    "voices-list-shape": Requirement(
        "CONTRACT A1",
        "GET /v1/audio/voices has `voices`, each with id, name, model, language, gender, alias_of.",
    ),
    "voice-header-names-the-real-voice": Requirement("CONTRACT A1", "`X-Voice` names the voice that speaks."),
    "cloning-is-400": Requirement(
        "CONTRACT A1", "POST /v1/audio/voices is a 400 while no engine clones voices."
    ),
    # Text in as it is written, word timings out
    "stream-order-of-messages": Requirement(
        "CONTRACT A6", "A session begins with speech.started, ends with speech.done and 1000."
    ),
    "stream-speaks-while-text-is-written": Requirement(
        "CONTRACT A6", "A sentence is heard while the next one is still being written."
    ),
    "stream-flush-and-cancel": Requirement(
        "CONTRACT A6", "flush speaks what is there; cancel drops what is unspoken and keeps the session."
    ),
    "stream-base64": Requirement("CONTRACT A6", "`encoding: base64` gives audio as JSON."),
    "stream-errors-say-why-then-close": Requirement(
        "CONTRACT A2", "A socket is accepted, told what is wrong, and closed with the code that says so."
    ),
    "stream-keys": Requirement(
        "CONTRACT A3", "A key works as a header and as a subprotocol; the key's is never selected."
    ),
    "word-timings-match-the-audio": Requirement(
        "CONTRACT A7", "Words come before their audio, in the spelling and with the offsets of the input."
    ),
    "word-timings-only-where-known": Requirement(
        "CONTRACT A7", "Where a model has no durations, or the answer has no events, timings are a 400."
    ),
    "speech-while-models-arrive": Requirement(
        "CONTRACT A1", "Missing models are fetched at the start, told by their states; speech is served."
    ),
    "requests-never-fetch": Requirement(
        "CONTRACT A1", "A server that may not fetch asks nobody, and says how to have what is missing."
    ),
    "lexicon-says-words": Requirement(
        VENDOR_GUIDE, "`model_extensions` says how words are said, by respelling or by phonemes."
    ),
    "each-script-by-its-voice": Requirement(
        VENDOR_GUIDE, "With `language` auto, a text of several scripts is spoken by voices that speak them."
    ),
    # Listening
    "transcribe-five-formats": Requirement(
        "CONTRACT B2", "A recording is answered as json, text, srt, verbose_json or vtt."
    ),
    "transcribe-verbose": Requirement(
        "CONTRACT B2", "verbose_json has segments and, where asked for and known, words, in seconds."
    ),
    "transcribe-usage": Requirement(
        "CONTRACT A4", "Usage is in tokens for gpt-4o names, in seconds for whisper-1 and our own."
    ),
    "transcribe-streams": Requirement(
        "CONTRACT B2", "With `stream` what was said first arrives while the rest is still being heard."
    ),
    "transcribe-undecodable": Requirement(
        "CONTRACT A2", "An empty, broken or foreign file is a 400 or 415 that says what to do."
    ),
    "transcribe-bounded-upload": Requirement(
        "CONTRACT A2", "An upload is bounded, kept on disk in bounded memory, and removed however it ends."
    ),
    "transcribe-departure-stops-the-work": Requirement(
        "CONTRACT A2", "A client that leaves ends the work on its recording, streamed or not."
    ),
    "listen-guide-s-messages": Requirement(
        VENDOR_GUIDE, "The socket takes the guide's messages and answers with its fields, and more."
    ),
    "listen-partials-before-the-end": Requirement(
        VENDOR_GUIDE, "Partial transcripts come while audio is still being sent."
    ),
    "listen-several-finals": Requirement(
        "CONTRACT A5", "Every utterance has a final; times count from the start of the session."
    ),
    "listen-flush-keeps-the-session": Requirement(
        "CONTRACT A5", "flush makes a final of what was heard so far, and the session goes on."
    ),
    "listen-back-pressure": Requirement(
        "CONTRACT A5", "A client that sends faster than it is heard is made to wait, and loses nothing."
    ),
    "listen-idle-keepalive": Requirement(
        "CONTRACT A5", "A client that sends nothing for the idle limit is closed; a keepalive counts."
    ),
    "listen-drain": Requirement(
        "CONTRACT A2", "A server that goes down writes down what it heard, then closes with 1012."
    ),
    "listen-departure-stops-the-work": Requirement(
        "CONTRACT A2", "A client that leaves a session ends the recognition that is under way."
    ),
    "token-short-lived": Requirement(
        "CONTRACT A3",
        "A short-lived token works as a bearer, as a subprotocol and in a URL, and makes no other.",
    ),
    "token-never-logged": Requirement("CONTRACT A3", "Neither keys nor tokens are logged."),
    "key-never-in-a-url": Requirement("CONTRACT A3", "A key that lasts is not accepted from a URL."),
    "speech-by-get": Requirement(
        "CONTRACT A3", "Speech can be fetched by an address with a token in it, as `<audio src>` does."
    ),
    # Other people's clients
    "openai-python-streams": Requirement(
        CHUNKED_PLAYBACK,
        "The official Python SDK reads audio chunk by chunk, and writes it to a file as it comes.",
    ),
    "openai-node-streams": Requirement(CHUNKED_PLAYBACK, "The official Node SDK reads audio as it comes."),
    "wav-plays-through-a-buffer": Requirement(
        LATENCY, "The thread's buffered player gets 24 kHz mono samples from the chunks of a wav."
    ),
    "vendor-guide-snippets-run": Requirement(
        VENDOR_GUIDE, "The guide's speech snippets, SDK and curl, run with its names as configured aliases."
    ),
    "vendor-guide-speaks-korean": Requirement(
        VENDOR_GUIDE, "With the settings file that is shipped for it, the guide's snippets speak Korean."
    ),
    "openai-node-listens": Requirement(
        "CONTRACT B2", "The official Node SDK gets every shape of a transcription, streamed and whole."
    ),
    "livekit-plugin-listens": Requirement("CONTRACT F", "LiveKit's OpenAI plugin hears through us."),
    "pipecat-service-listens": Requirement("CONTRACT F", "Pipecat's OpenAI service hears through us."),
    "vendor-guide-listens": Requirement(
        VENDOR_GUIDE, "The guide's live transcription runs with nothing changed but the host."
    ),
    "livekit-plugin-speaks": Requirement(
        "CONTRACT F", "LiveKit's OpenAI plugin speaks through us, by SSE and mp3."
    ),
    "pipecat-service-speaks": Requirement(
        "CONTRACT F", "Pipecat's OpenAI service speaks through us, by pcm."
    ),
}
