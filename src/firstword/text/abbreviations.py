"""What a full stop after a word may mean: abbreviations by how they go on, and words that tell.

One table serves all languages, because a text seldom says which it is in; a word that is an
abbreviation in one language and common at the end of sentences in another is left out, or is
an abbreviation only before a number.
"""

from __future__ import annotations

from enum import Enum, auto


class Abbreviation(Enum):
    """How the text goes on after an abbreviation's full stop."""

    OPEN = auto()
    """Always the same sentence: a title before a name, `e.g.`, `approx.`"""
    NUMBERED = auto()
    """The same sentence before a number (`No. 5`), else a word like any other (`He said no.`)."""
    NAME = auto()
    """The same sentence unless a word follows that mostly begins one (`the U.S. Army`, `the U.S. It`)."""
    CLOCK = auto()
    """A new sentence before a capital, unless it is a day, a month or a time zone (`5 p.m. Monday`)."""
    CLOSING = auto()
    """A new sentence before a capital (`apples, pears, etc. Then`)."""


_TITLES = """
Mr Mrs Ms Mx Dr Drs Prof Rev Fr Gen Col Maj Capt Cpt Cmdr Lt Sgt Cpl Pvt Adm Gov Sen Rep Pres Hon Supt Msgr
Messrs Mme Mmes Mlle MM
Hr Frl Dipl Ing
Sra Sres Srta Dra Dras Ud Uds Vd Vds Lic Arq Dña Exmo Exma Profa
Sig Sigg Dott Avv Geom Rag Spett Egr Gent Sig.ra Sig.na Dott.ssa Prof.ssa
Sn Av Doç Yrd
Inż Mgr Hab Płk Ks Św
Проф Акад Ген Им
Κ Κος Κα Δρ Καθ
Mt Ft Pt Hwy
"""
_OPEN = """
e.g eg i.e ie cf viz approx vs incl excl esp resp ibid aka a.k.a c/o w.r.t
z.b bzw ca vgl d.h u.a z.t u.u o.ä s.o s.u evtl ggf inkl exkl zzgl sog bspw insb einschl usf i.d.r m.e
z.hd
mio mrd tsd gegr verh geb hrsg dipl.-ing dr.-ing
p.ex c.-à-d env av ap
p.ej ej núm admón avda
ad.es p.es dott
np tj tzn tzw św ul godz tys mln mld m.in prof
т.е т.к т.н тыс млн млрд ул проф акад им см напр руб коп пер просп обл р-н д-р
π.χ δηλ βλ αρ κ.κ
bkz örn yy yak dr prof doç
डॉ श्री प्रो सं पं कु
د أ م
"""
_NUMBERED = """
no nos nr nrs p pp pg vol vols art arts ch chap sec sect fig figs eq eqs app cap cl col tab ex op para
par pt
bd bde abb abs kap aufl str s seite zeile tel
n num pag pág págs lám
str rys tab poz rozdz
стр гл рис табл п пп ст кв
jan feb mar apr jun jul aug sep sept oct okt nov dec dez max min ext est temp avg
Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun
ft in lb lbs oz yd yds mi sec secs hr hrs mph kcal approx
"""
_NAME = """
al dept govt univ assn inc ltd corp ave blvd
U.S U.S.A U.K U.N E.U D.C L.A N.Y EE.UU EE UU Inc Ltd Corp Co Cos LLC Bros Jr Sr Esq Ph.D M.D
St Ste Ave Blvd Rd Dept Dist Univ Assn Assoc Intl Natl Mfg Sq Ln Ct
GmbH Str Nachf S.A S.p.A S.r.l S.L Cía Ltda Hnos J.-C
Sp.z.o.o o.o
"""
_CLOCK = "a.m p.m am pm a.m.-p.m"
_CLOSING = """
etc usw ecc itd itp vb vd
т.д т.п др пр кол κ.λπ κλπ κ.ά κ.τ.λ
"""


def _words(listed: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(listed.split())


def _spellings(words: str) -> set[str]:
    """The words as written, with a capital, and in capitals."""
    listed = _words(words)
    return {*listed, *(word[0].upper() + word[1:] for word in listed)}


ABBREVIATIONS: dict[str, Abbreviation] = {
    **dict.fromkeys(_spellings(_NUMBERED), Abbreviation.NUMBERED),
    **dict.fromkeys(_NAME.split(), Abbreviation.NAME),
    **dict.fromkeys({*_spellings(_CLOCK), "A.M", "P.M"}, Abbreviation.CLOCK),
    **dict.fromkeys(_spellings(_CLOSING), Abbreviation.CLOSING),
    **dict.fromkeys(_spellings(_OPEN), Abbreviation.OPEN),
    **dict.fromkeys({*_TITLES.split(), *(title.upper() for title in _TITLES.split())}, Abbreviation.OPEN),
}
"""By spelling, without the last full stop."""

AFTER_CLOCK = _words("""
Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun
January February March April May June July August September October November December
Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
EST EDT ET CST CDT CT MST MDT MT PST PDT PT UTC GMT BST CET CEST IST JST KST AEST
Eastern Central Mountain Pacific Greenwich Coordinated London Paris Tokyo
""")
"""Capitals that may follow a time of day inside a sentence."""

STARTERS = _words("""
The This That These Those There Then They Their He She It Its His Her We Our You Your I My A An And But
Or So Yet
In On At As For From By With Without After Before When While If Once Since Until Although Though Because
However
What Who Whom Which Where Why How Is Are Was Were Do Does Did Have Has Had Can Could Would Should
Must
Not No Yes Now Here Next Later Finally Let Please Some Many Each Every Both
Another One
Today Tomorrow Yesterday Also Instead Meanwhile Moreover Therefore Thus Still Perhaps Maybe Just Only
Such
Der Die Das Dies Diese Dieser Er Sie Es Wir Ihr Ich Ein Eine Und Aber Oder Im Am Um Zum Zur Bei Nach Vor
Für
Dann Danach Deshalb Doch Wenn Als Was Wer Wo Wie Warum Ist Sind Waren Hier Heute Morgen Gestern
Nun Jetzt
Le La Les Un Une Des Ce Cette Ces Il Elle Ils Elles On Nous Vous Je Tu Et Mais Ou Donc Dans Sur Avec Pour
Puis Après
El Los Las Una Este Esta Ella Ellos Nosotros Yo Y Pero En Con Para Por Luego Después Cuando Si Es Son
Lo Gli Uno Questo Questa Lui Lei Noi Voi Io Ma Nel Nella Poi Dopo Quando Se È Sono
O Os As Um Uma Ele Ela Eles Nós Eu E Mas Em No Na Depois Quando
Он Она Оно Они Мы Вы Я Ты Это Этот Эта И А Но Или В На С По К У О Из За Для Потом Затем Когда Если Как
Что Кто Где
Ta To Te Ci On Ona Ono Oni My Wy Ja Ale Lub W Na Z Po Do Od Dla Potem Kiedy Jeśli Jak Co Kto Gdzie
Bu Şu O Ve Ama Fakat Biz Siz Onlar Sen Sonra Ancak
Ο Η Το Οι Τα Αυτός Αυτή Αυτό Και Αλλά Στο Στη Στην Με Για Από Μετά Όταν Αν
""")
"""Words with a capital that far more often begin a sentence than follow an abbreviation inside one."""

BEFORE_LETTER = _words("""
plan vitamin grade group class type option section part category hepatitis letter point team exhibit appendix
room gate answer question case step model figure table version series schedule annex building
terminal platform
""")
"""Words after which a single capital is a label, no initial: `plan B.` (compared without case)."""

BEFORE_ORDINAL = _words("""
am im vom zum beim ab bis seit der die das dem den des jeder jede jedes und oder dessen Am Im Vom
Zum Der Die Das
""")
"""German words after which a number with a full stop is an ordinal."""

AFTER_ORDINAL = _words("""
Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
Jahrhundert Jahrhunderts Jahrtausend Weltkrieg Stock Etage Platz Klasse Kapitel Auflage Mal Tag Woche
Monat Jahr
Geburtstag Jahrestag Bundesliga Liga Runde Lesung Semester Quartal Akt Satz Halbzeit Minute
Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık Yüzyıl Bölüm
""")
"""Words after which the number before them was an ordinal."""

ORDINAL_LANGUAGES = _words("de da nb nn no fi et cs sk pl sl hr hu tr lv is")
"""Languages that write ordinals as a number with a full stop (ISO 639)."""
