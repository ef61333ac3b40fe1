"""The lexicon: which words it finds, what is said for them, where they are, and what that costs."""

from __future__ import annotations

import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstword.core import lexicon as bounds
from firstword.core.errors import ConfigurationError, InvalidRequest
from firstword.core.types import EngineInfo, Task, Voice
from firstword.text import lexicon as module
from firstword.text.lexicon import Lexicon, Lexicons, as_engine_takes
from firstword.text.normalizer import Normalizer
from firstword.text.spelling import Edit, rewrite

pytestmark = pytest.mark.unit

ENTRIES = {
    "Kokoro": "KO-ko-ro",
    "York": "yawk",
    "New York": "noo yawk",
    "US": "you ess",
    "iPhone": "eye phone",
    "C++": "see plus plus",
    "AT&T": "ay tee and tee",
    "Dr.": "Doc",
    "s": "ESS",
    "don": "DON",
    "café": "kaffay",
    "이": "ee",
    "서울": "Seoul",
    "SQL": "sequel",
    "東京": "Tokyo",
    "हिन्द": "hind",
    "km": "klicks",
    "5G": "five gee",
}
LEXICON = Lexicon(ENTRIES)


def said(text: str, lexicon: Lexicon = LEXICON) -> str:
    return rewrite(text, lexicon.edits(text)).spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Kokoro, kokoro and KOKORO!", "KO-ko-ro, KO-ko-ro and KO-ko-ro!"),
        ("Kokoros, kokoro7, kokoro_a and Pokokoro", "Kokoros, kokoro7, kokoro_a and Pokokoro"),
        ("Kokoro's and Kokoro’s, the Kokoros'", "KO-ko-ro's and KO-ko-ro’s, the Kokoros'"),
        ("in New York, new  york, New\nYork and York", "in noo yawk, noo yawk, noo yawk and yawk"),
        ("us, the US and Us", "us, the you ess and Us"),
        ("my iPhone, IPHONE", "my eye phone, IPHONE"),
        ("C++, C and C#", "see plus plus, C and C#"),
        ("AT&T's", "ay tee and tee's"),
        ("Dr. Who, Dr Who", "Doc Who, Dr Who"),
        ("it's s", "it's ESS"),
        ("don't, Don.", "don't, DON."),
        ("café, cafe\u0301 and cafés", "kaffay, kaffay and cafés"),
        ("서울에서 새서울", "Seoul에서 새서울"),
        ("SQL을 MySQL", "sequel을 MySQL"),
        ("在東京都", "在Tokyo都"),
        ("हिन्दी", "हिन्दी"),
        ("l'iPhone", "l'eye phone"),
        ("[Kokoro](/kˈOkəɹO/) and Kokoro", "[Kokoro](/kˈOkəɹO/) and KO-ko-ro"),
        ("", ""),
    ],
)
def test_words_are_found_whole(text: str, spoken: str) -> None:
    assert spoken == said(text)


def test_the_longest_word_wins_and_then_the_exact_one() -> None:
    lexicon = Lexicon({"us": "small", "US": "capital", "US dollar": "greenback"})

    assert "small capital greenback" == said("Us US US dollar", lexicon)


def test_a_lexicon_stands_before_another_but_the_longest_word_still_wins() -> None:
    lexicon = Lexicon({"kokoro": "mine", "york": "mine"}, over=LEXICON)

    assert "mine noo yawk mine" == said("Kokoro New York York", lexicon)


def test_what_is_said_is_not_read_again() -> None:
    lexicon = Lexicon({"a": "b", "b": "a", "price": "$5 **a** https://b.c"})

    assert "b a" == said("a b", lexicon)
    assert (
        "the $5 **a** https://b.c is five dollars"
        == Normalizer(lexicon=lexicon).spell("the price is $5").spoken
    )


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**Kokoro** and _New York_.", "KO-ko-ro and noo yawk."),
        ("It is 5 km away, 3–5 km.", "It is five klicks away, three to five klicks."),
        ("Mail kokoro@kokoro.com now.", "Mail KO-ko-ro at KO-ko-ro dot com now."),
        ("5G at 5 GHz", "five gee at five gigahertz"),
        ("[Kokoro](http://kokoro.org)", "KO-ko-ro"),
        ("C++ is 50% C", "see plus plus is fifty percent C"),
    ],
)
def test_rules_for_numbers_and_addresses_go_on_around_the_lexicon(text: str, spoken: str) -> None:
    assert spoken == Normalizer(language="en", lexicon=LEXICON).spell(text).spoken


def test_without_normalizing_only_the_words_of_the_lexicon_change() -> None:
    normalizer = Normalizer(leave=None, lexicon=LEXICON)

    assert (
        "**KO-ko-ro** costs $5 at [x](http://a.b)"
        == normalizer.spell("**Kokoro** costs $5 at [x](http://a.b)").spoken
    )


WORDS = st.sampled_from(
    [*ENTRIES, "kokoro", "$5", "3.5 km", "**", "plain", "'s", "http://kokoro.com", ".", "é"]
)
TEXTS = st.lists(WORDS | st.sampled_from([" ", " ", "\n"]), max_size=30).map("".join) | st.text(max_size=60)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.booleans())
def test_every_spoken_character_keeps_its_place_in_the_text(text: str, normalize: bool) -> None:
    normalizer = Normalizer(leave=frozenset() if normalize else None, lexicon=LEXICON)
    spelling = normalizer.spell(text)
    at = spoken_at = 0
    for spoken_start, spoken_end, start, end in spelling.spans:
        assert spelling.spoken[spoken_at:spoken_start] == text[at:start]
        at, spoken_at = end, spoken_end
    assert spelling.spoken[spoken_at:] == text[at:]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_edits_are_in_order_and_apart(text: str) -> None:
    edits = list(LEXICON.edits(text))

    assert all(one.end <= other.start for one, other in pairwise(edits))
    assert all(one.start < one.end <= len(text) for one in edits)


def test_a_word_is_told_in_its_place() -> None:
    text = "We flew to New York for $5."
    spelling = Normalizer(lexicon=LEXICON).spell(text)
    at = spelling.spoken.index("yawk")

    start, end = spelling.to_text(at, at + 4)
    assert "New York" == text[start:end]


class Count:
    """Counts the steps through the trie."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        walk = dict.get

        def counted(node: dict[str, object], token: str) -> object:
            self.steps += 1
            return walk(node, token)

        monkeypatch.setattr(module._Node, "get", counted)


@pytest.mark.parametrize(
    ("size", "unit", "steps_a_token"),
    [(10, "name3 and some. ", 4), (10_000, "name3 and some. ", 4), (10_000, "name ", 4)],
)
def test_steps_grow_with_the_text_and_not_with_the_lexicon(
    monkeypatch: pytest.MonkeyPatch, size: int, unit: str, steps_a_token: int
) -> None:
    lexicon = Lexicon({f"name{n}": "x" for n in range(size)} | {f"name of {n}": "y" for n in range(size)})
    counts = []
    for times in (100, 1_000):
        count = Count(monkeypatch)
        list(lexicon.edits(unit * times))
        counts.append(count.steps)

    assert counts[1] < 10.1 * counts[0]
    assert counts[1] < steps_a_token * 1_000 * len(module._TOKEN.findall(unit))


def test_the_worst_words_cost_no_more_steps_than_they_have_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = Lexicon({"a " * n + "b": "x" for n in range(1, 49)})
    count = Count(monkeypatch)

    assert [] == list(lexicon.edits("a " * 1_000))
    assert count.steps < 2_000 * bounds.MOST_WORD_CHARS


def test_ten_thousand_words_and_a_line_of_a_megabyte() -> None:
    lexicon = Lexicon({f"word{n} thing{n % 7}": f"said {n}" for n in range(10_000)})
    line = "word12 thing5 word1 plain text. " * 32_000

    assert 32_000 == sum(1 for _ in lexicon.edits(line))


def test_a_lexicon_crosses_processes() -> None:
    assert said("Kokoro", pickle.loads(pickle.dumps(LEXICON))) == "KO-ko-ro"


def engine(model_id: str = "phonetic", phonemes: str | None = "[{word}](/{phonemes}/)") -> EngineInfo:
    return EngineInfo(
        model_id=model_id,
        task=Task.SPEECH,
        sample_rate=24_000,
        voices=(Voice(f"{model_id}-voice", "Voice", "en", "female"),),
        languages=("en",),
        license="MIT",
        source="here",
        phonemes=phonemes,
        phoneme_symbols="ˈəOko ",
    )


def test_phonemes_are_written_as_the_engine_takes_them() -> None:
    entries = {
        "Kokoro": "/ˈkoəkO/",
        "and/or": "and or",
        "a [b]": "/o ko/",
        "서울": "/o/",
        "half": "/o",
        "dates": "/a/b/",
    }

    assert {
        "Kokoro": "[Kokoro](/ˈkoəkO/)",
        "and/or": "and or",
        "a [b]": "[a-b](/o ko/)",
        "서울": "[x](/o/)",
        "half": "/o",
        "dates": "/a/b/",
    } == as_engine_takes(entries, engine())


def test_phonemes_for_an_engine_that_takes_none_are_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidRequest, match="as it sounds") as refused:
        as_engine_takes({"Kokoro": "/ko/"}, engine(phonemes=None))

    assert ("phonemes_unsupported", "model_extensions.lexicon") == (refused.value.code, refused.value.param)


def test_a_phoneme_that_the_engine_does_not_know_is_named() -> None:
    with pytest.raises(InvalidRequest, match="phoneme 'x'") as refused:
        as_engine_takes({"Kokoro": "/kox/"}, engine())

    assert "unknown_phoneme" == refused.value.code


def test_a_request_stands_before_a_voice_and_a_voice_before_the_file() -> None:
    info = engine()
    lexicons = Lexicons(
        [info],
        {"one": "file", "two": "file", "three": "file"},
        {"narrator": ("phonetic-voice", {"one": "voice", "two": "voice"})},
    )

    def spoken(voice: str, asked: dict[str, str] | None = None) -> str:
        lexicon = lexicons.choose(info, voice, asked)
        assert lexicon is not None
        return said("one two three", lexicon)

    assert "file file file" == spoken("phonetic-voice")
    assert "voice voice file" == spoken("narrator")
    assert "request voice file" == spoken("narrator", {"one": "request"})
    assert "request file file" == spoken("phonetic-voice", {"one": "request"})


def test_without_any_lexicon_there_is_none() -> None:
    assert Lexicons([engine()]).choose(engine(), "phonetic-voice", {}) is None


def test_a_common_lexicon_serves_models_with_and_without_phonemes() -> None:
    plain = engine("plain", phonemes=None)
    lexicons = Lexicons([engine(), plain], {"one": "/ko/", "two": "too"})

    chosen = {info.model_id: lexicons.choose(info, "any", None) for info in (engine(), plain)}
    assert "[one](/ko/) too" == said("one two", chosen["phonetic"] or LEXICON)
    assert "one too" == said("one two", chosen["plain"] or LEXICON)


@pytest.mark.parametrize(
    ("common", "own", "named"),
    [
        ({"one": "/x/"}, {}, "The lexicon: .*'x'"),
        ({}, {"narrator": ("phonetic-voice", {"one": "/x/"})}, "voice 'narrator'"),
        ({}, {"narrator": ("plain-voice", {"one": "/o/"})}, "takes no phonemes"),
    ],
)
def test_what_an_operator_wrote_wrong_is_said_at_start(
    common: dict[str, str], own: dict[str, tuple[str, dict[str, str]]], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Lexicons([engine(), engine("plain", phonemes=None)], common, own)


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        ({"a": "b"}, None),
        ({" ": "b"}, "empty"),
        ({"a" * 101: "b"}, "longer than 100"),
        ({"a": "b" * 501}, "longer than 500"),
        ({"a": 1}, "no string"),
    ],
)
def test_the_bounds_of_a_lexicon(entries: dict[str, object], wrong: str | None) -> None:
    found = bounds.fault(entries)

    assert (wrong is None and found is None) or (wrong is not None and wrong in str(found))


def test_an_edit_says_what_it_replaces() -> None:
    assert [Edit(4, 10, "KO-ko-ro")] == list(LEXICON.edits("the Kokoro's"))
