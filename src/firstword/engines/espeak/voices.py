"""The languages, as a table: what can be asked for is known without starting the program."""

from __future__ import annotations

from dataclasses import dataclass

from firstword.core.types import Voice

GAIN_DB = -5.0
"""The program is 3.6 to 5.2 dB louder than our other voices. Source: measured in six languages."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language, or an accent of one, that espeak-ng speaks."""

    tag: str
    """BCP 47."""
    name: str
    scripts: tuple[str, ...] = ()
    """ISO 15924, besides Latin, which every voice reads."""
    program_voice: str = ""
    """What the program calls it, where that is not the tag in small letters."""
    strict: bool = False
    """The language is also written in letters the voice cannot read: none of them is let pass."""

    @property
    def voice(self) -> Voice:
        """The voice to list."""
        return Voice(f"espeak-{self.tag.lower()}", f"{self.name} (espeak-ng)", self.tag, "male", GAIN_DB)

    @property
    def called(self) -> str:
        """The name for the program's `-v`."""
        return self.program_voice or self.tag.lower()

    def is_spoken_for(self, language: str) -> bool:
        """Whether a request for `language` (BCP 47) may have this voice."""
        return primary(language) in {primary(self.tag), primary(self.called)}


def primary(language: str) -> str:
    """The primary subtag of a BCP 47 tag; `nb` for `no`, which is as good as always meant by it."""
    subtag = language.replace("_", "-").partition("-")[0].lower()
    return {"no": "nb", "iw": "he", "in": "id"}.get(subtag, subtag)


# English first: its first voice is warmed, and with seven accents every OpenAI name that is asked of
# this model speaks English. Mandarin's `cmn` reads its own pinyin as English in 1.51, so `cmn-latn-pinyin`.
TONGUES: tuple[Tongue, ...] = (
    Tongue("en-US", "English (America)"),
    Tongue("en-GB", "English (Great Britain)"),
    Tongue("en-GB-scotland", "English (Scotland)"),
    Tongue("en-GB-x-rp", "English (Received Pronunciation)"),
    Tongue("en-GB-x-gbclan", "English (Lancaster)"),
    Tongue("en-GB-x-gbcwmd", "English (West Midlands)"),
    Tongue("en-029", "English (Caribbean)"),
    Tongue("af", "Afrikaans"),
    Tongue("am", "Amharic", ("Ethi",)),
    Tongue("an", "Aragonese"),
    Tongue("ar", "Arabic", ("Arab",)),
    Tongue("as", "Assamese", ("Beng",)),
    Tongue("az", "Azerbaijani"),
    Tongue("ba", "Bashkir", ("Cyrl",)),
    Tongue("be", "Belarusian", ("Cyrl",)),
    Tongue("bg", "Bulgarian", ("Cyrl",)),
    Tongue("bn", "Bengali", ("Beng",)),
    Tongue("bpy", "Bishnupriya Manipuri", ("Beng",)),
    Tongue("bs", "Bosnian", ("Cyrl",)),
    Tongue("ca", "Catalan"),
    Tongue("cs", "Czech"),
    Tongue("cv", "Chuvash", ("Cyrl",)),
    Tongue("cy", "Welsh"),
    Tongue("da", "Danish"),
    Tongue("de", "German"),
    Tongue("el", "Greek", ("Grek",)),
    Tongue("eo", "Esperanto"),
    Tongue("es", "Spanish (Spain)"),
    Tongue("es-419", "Spanish (Latin America)"),
    Tongue("et", "Estonian"),
    Tongue("eu", "Basque"),
    Tongue("fa", "Persian", ("Arab",)),
    Tongue("fi", "Finnish"),
    Tongue("fr", "French (France)", program_voice="fr-fr"),
    Tongue("fr-BE", "French (Belgium)"),
    Tongue("fr-CH", "French (Switzerland)"),
    Tongue("ga", "Irish"),
    Tongue("gd", "Scottish Gaelic"),
    Tongue("gn", "Guarani"),
    Tongue("grc", "Ancient Greek", ("Grek",)),
    Tongue("gu", "Gujarati", ("Gujr",)),
    Tongue("hak", "Hakka Chinese (romanized)", strict=True),
    Tongue("haw", "Hawaiian"),
    Tongue("he", "Hebrew", ("Hebr",)),
    Tongue("hi", "Hindi", ("Deva",)),
    Tongue("hr", "Croatian"),
    Tongue("ht", "Haitian Creole"),
    Tongue("hu", "Hungarian"),
    Tongue("hy", "Armenian (East)", ("Armn",)),
    Tongue("hyw", "Armenian (West)", ("Armn",)),
    Tongue("ia", "Interlingua"),
    Tongue("id", "Indonesian"),
    Tongue("io", "Ido"),
    Tongue("is", "Icelandic"),
    Tongue("it", "Italian"),
    Tongue("ja", "Japanese (kana)", ("Kana",), strict=True),
    Tongue("jbo", "Lojban"),
    Tongue("ka", "Georgian", ("Geor",)),
    Tongue("kk", "Kazakh", ("Cyrl",)),
    Tongue("kl", "Greenlandic"),
    Tongue("kn", "Kannada", ("Knda",)),
    Tongue("ko", "Korean", ("Hang",)),
    Tongue("kok", "Konkani", ("Deva",)),
    Tongue("ku", "Kurdish"),
    Tongue("ky", "Kyrgyz", ("Cyrl",)),
    Tongue("la", "Latin"),
    Tongue("lb", "Luxembourgish"),
    Tongue("lfn", "Lingua Franca Nova"),
    Tongue("lt", "Lithuanian"),
    Tongue("ltg", "Latgalian"),
    Tongue("lv", "Latvian"),
    Tongue("mi", "Māori"),
    Tongue("mk", "Macedonian", ("Cyrl",)),
    Tongue("ml", "Malayalam", ("Mlym",)),
    Tongue("mr", "Marathi", ("Deva",)),
    Tongue("ms", "Malay"),
    Tongue("mt", "Maltese"),
    Tongue("my", "Burmese", ("Mymr",)),
    Tongue("nb", "Norwegian Bokmål"),
    Tongue("nci", "Classical Nahuatl"),
    Tongue("ne", "Nepali", ("Deva",)),
    Tongue("nl", "Dutch"),
    Tongue("nog", "Nogai", ("Cyrl",)),
    Tongue("om", "Oromo"),
    Tongue("or", "Oriya", ("Orya",)),
    Tongue("pa", "Punjabi", ("Guru",)),
    Tongue("pap", "Papiamento"),
    Tongue("pl", "Polish"),
    Tongue("pt", "Portuguese (Portugal)"),
    Tongue("pt-BR", "Portuguese (Brazil)"),
    Tongue("qu", "Quechua"),
    Tongue("quc", "K'iche'"),
    Tongue("ro", "Romanian"),
    Tongue("ru", "Russian", ("Cyrl",)),
    Tongue("sd", "Sindhi", ("Arab",)),
    Tongue("shn", "Shan", ("Mymr",)),
    Tongue("si", "Sinhala", ("Sinh",)),
    Tongue("sk", "Slovak"),
    Tongue("sl", "Slovenian"),
    Tongue("smj", "Lule Sami"),
    Tongue("sq", "Albanian"),
    Tongue("sr", "Serbian", ("Cyrl",)),
    Tongue("sv", "Swedish"),
    Tongue("sw", "Swahili"),
    Tongue("ta", "Tamil", ("Taml",)),
    Tongue("te", "Telugu", ("Telu",)),
    Tongue("th", "Thai", ("Thai",)),
    Tongue("tk", "Turkmen"),
    Tongue("tn", "Setswana"),
    Tongue("tr", "Turkish"),
    Tongue("tt", "Tatar", ("Cyrl",)),
    Tongue("ug", "Uyghur", ("Arab",)),
    Tongue("uk", "Ukrainian", ("Cyrl",)),
    Tongue("ur", "Urdu", ("Arab",)),
    Tongue("uz", "Uzbek", ("Cyrl",)),
    Tongue("vi", "Vietnamese (Northern)"),
    Tongue("yue", "Cantonese", ("Hani",)),
    Tongue("zh", "Mandarin Chinese", ("Hani",), "cmn-latn-pinyin"),
)

BY_VOICE: dict[str, Tongue] = {tongue.voice.id: tongue for tongue in TONGUES}
"""Voice id -> its language."""
