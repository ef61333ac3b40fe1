"""English names of languages, as `verbose_json` tells them.

Source: ISO 639; the spelling, in lower case, is the one OpenAI's API answers with.
"""

from __future__ import annotations

_TABLE = """
af=afrikaans am=amharic ar=arabic as=assamese az=azerbaijani ba=bashkir be=belarusian bg=bulgarian
bn=bengali bo=tibetan br=breton bs=bosnian ca=catalan cs=czech cy=welsh da=danish de=german el=greek
en=english eo=esperanto es=spanish et=estonian eu=basque fa=persian fi=finnish fo=faroese fr=french ga=irish
gl=galician gu=gujarati ha=hausa haw=hawaiian he=hebrew hi=hindi hr=croatian ht=haitian_creole hu=hungarian
hy=armenian id=indonesian is=icelandic it=italian ja=japanese jw=javanese jv=javanese ka=georgian kk=kazakh
km=khmer kn=kannada ko=korean ku=kurdish ky=kyrgyz la=latin lb=luxembourgish ln=lingala lo=lao lt=lithuanian
lv=latvian mg=malagasy mi=maori mk=macedonian ml=malayalam mn=mongolian mr=marathi ms=malay mt=maltese
my=myanmar ne=nepali nl=dutch nn=nynorsk no=norwegian nb=norwegian oc=occitan pa=punjabi pl=polish ps=pashto
pt=portuguese ro=romanian ru=russian sa=sanskrit sd=sindhi si=sinhala sk=slovak sl=slovenian sn=shona
so=somali sq=albanian sr=serbian su=sundanese sv=swedish sw=swahili ta=tamil te=telugu tg=tajik th=thai
tk=turkmen tl=tagalog tr=turkish tt=tatar ug=uyghur uk=ukrainian ur=urdu uz=uzbek vi=vietnamese xh=xhosa
yi=yiddish yo=yoruba yue=cantonese zh=chinese zu=zulu
"""
_NAMES = dict(pair.split("=") for pair in _TABLE.split())


def english_name(tag: str) -> str:
    """The name of a BCP 47 tag's language, in lower case; the tag itself where the table has none."""
    return _NAMES.get(tag.replace("_", "-").split("-")[0].lower(), tag).replace("_", " ")
