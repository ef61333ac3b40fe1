"""The page writes the subtitles that the server would have written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import firstword.server
from firstword.core.transcripts import Transcript, Word
from firstword.wire import subtitles

pytestmark = [pytest.mark.unit, pytest.mark.program("node")]

STATIC = Path(firstword.server.__file__).parent / "static"
PROGRAM = """
import { readFileSync } from 'node:fs';
import { srt, txt, vtt } from './static/subtitles.js';

const files = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(files.map((file) => [srt(file), vtt(file), txt(file)])));
"""
PROSE = (
    "He was not an ill-disposed young man, unless to be rather cold hearted and rather selfish is to be "
    "ill-disposed. Had he married a more amiable woman, he might have been made still more respectable than "
    "he was! He might even have been made amiable himself; for he was very young when he married..."
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def timed(text: str, start_ms: int = 0, each_ms: int = 400, pauses: tuple[int, ...] = ()) -> Transcript:
    """A transcript whose words follow each other; before some of them is a pause of 1.5 s."""
    words, at = [], start_ms
    for number, word in enumerate(text.split()):
        at += 1_500 if number in pauses else 0
        words.append(Word(word.strip(".,;!"), at, at + each_ms))
        at += each_ms
    return Transcript(text, start_ms, at, True, tuple(words))


SPOKEN = {
    "a word": [timed("Hello.")],
    "prose": [timed(PROSE)],
    "prose, quickly": [timed(PROSE, each_ms=80)],
    "prose, slowly": [timed(PROSE, each_ms=1_900)],
    "pauses": [timed(PROSE, pauses=(3, 4, 17, 30))],
    "several, one begins before the other ends": [timed(PROSE), timed("And so on.", 9_000), timed("Yes.")],
    "no times": [Transcript(PROSE, 20, 19_000, True), Transcript("Then.", 19_000, 19_000, True)],
    "a word that is not in the text": [Transcript("one two", 0, 900, True, (Word("three", 0, 400),))],
    "markup": [timed("a < b && c > d --> e <i>")],
    "white space": [timed("  one \t two\u2003three\n four\x07 five\x1csix  ")],
    "nothing to show": [timed("..."), Transcript(" \t\x07 ", 500, 600, True), timed("Then.", 700)],
    "long words": [timed(f"{LONG} and {LONG} {LONG}."), timed(f"a {LONG}", 9_000)],
    "Korean": [
        timed("나는 어제 친구와 함께 서울에서 부산까지 기차를 타고 갔는데 날씨가 아주 좋았습니다. " * 3)
    ],
    "Japanese": [
        Transcript("吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ。" * 3, 0, 9_000, True)
    ],
    "emoji and wide signs": [timed("Ｆｕｌｌ ｗｉｄｔｈ 🎈🎈 and “quoted” – naïve ﬁgures … ok 😀")],
    "hours": [timed("Late.", 3_600_000 * 101 + 61_007)],
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the page makes of each: srt, vtt, txt."""
    folder = tmp_path_factory.mktemp("subtitles")
    shutil.copytree(STATIC, folder / "static")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "program.js").write_text(PROGRAM)
    given = [[_as_told(transcript) for transcript in transcripts] for transcripts in SPOKEN.values()]
    ran = subprocess.run(
        ["node", folder / "program.js"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        timeout=50,
        check=False,
    )
    assert 0 == ran.returncode, ran.stderr
    return dict(zip(SPOKEN, json.loads(ran.stdout), strict=True))


def _as_told(transcript: Transcript) -> dict[str, object]:
    words = [{"text": word.text, "start": word.start_ms, "end": word.end_ms} for word in transcript.words]
    return {
        "text": transcript.text,
        "start": transcript.start_ms,
        "end": transcript.end_ms,
        "words": words,
    }


@pytest.mark.parametrize("name", SPOKEN)
def test_the_page_s_subtitles_are_the_server_s(page: dict[str, list[str]], name: str) -> None:
    srt, vtt, _ = page[name]

    assert subtitles.srt(SPOKEN[name]) == srt
    assert subtitles.vtt(SPOKEN[name]) == vtt


def test_the_text_has_a_line_for_each_transcript(page: dict[str, list[str]]) -> None:
    assert f"{PROSE}\nAnd so on.\nYes.\n" == page["several, one begins before the other ends"][2]
