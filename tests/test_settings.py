"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest

from firstword.core.errors import ConfigurationError
from firstword.settings import Settings, hashed, lexicon_entries, load

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "firstword.toml"


def test_a_flag_beats_the_environment_which_beats_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('port = 1\nhost = "127.0.0.1"\nlog_level = "error"\n')
    monkeypatch.setenv("FIRSTWORD_PORT", "2")
    monkeypatch.setenv("FIRSTWORD_LOG_LEVEL", "debug")
    settings = load(config, {"port": 3})
    assert (settings.port, settings.log_level, settings.host) == (3, "debug", "127.0.0.1")


def test_flags_that_were_not_given_count_for_nothing(config: Path) -> None:
    config.write_text("port = 1\n")
    assert load(config, {"port": None}).port == 1


def test_an_unknown_name_in_the_file_is_an_error_that_names_it(config: Path) -> None:
    config.write_text("prot = 1\n")
    with pytest.raises(ConfigurationError, match="'prot'"):
        load(config)


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="prot"):
        load(flags={"prot": 1})


def test_unknown_names_in_the_environment_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTWORD_SOMETHING", "else")
    assert load() == Settings()


def test_what_an_orchestrator_injects_is_not_taken_for_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTWORD_PORT", "tcp://10.0.0.1:8000")
    monkeypatch.setenv("FIRSTWORD_SERVICE_HOST", "10.0.0.1")
    assert load().port == 8000


def test_lists_stand_in_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTWORD_API_KEYS", '["a", "b"]')
    assert load().api_keys == (hashed("a"), hashed("b"))


def test_a_list_that_is_no_json_is_an_error_that_shows_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTWORD_API_KEYS", "mykey")
    with pytest.raises(ConfigurationError, match="JSON"):
        load()


def test_keys_are_kept_as_hashes_only() -> None:
    settings = load(flags={"api_keys": ("secret", hashed("other"))})
    assert settings.api_keys == (hashed("secret"), hashed("other"))
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "named"), [("port = 99999\n", "port"), ('log_level = "loud"\n', "log_level"), ("port =", "TOML")]
)
def test_a_wrong_value_is_an_error_that_names_the_setting(config: Path, text: str, named: str) -> None:
    config.write_text(text)
    with pytest.raises(ConfigurationError, match=named):
        load(config)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load(tmp_path / "none.toml")


def test_a_lexicon_is_a_file_of_words(tmp_path: Path) -> None:
    file = tmp_path / "lexicon.toml"
    file.write_text('"New York" = "noo yawk"\nkokoro = "/kˈOkəɹO/"\n', "utf-8")

    assert {"New York": "noo yawk", "kokoro": "/kˈOkəɹO/"} == lexicon_entries(file)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("kokoro = 1", "'kokoro'"),
        ("[table]\na = 'b'", "'table'"),
        ('"" = "x"', "empty"),
        ("kokoro", "TOML"),
        ("a = 'b'\na = 'c'", "TOML"),
    ],
)
def test_a_wrong_line_in_a_lexicon_is_an_error_that_names_it(
    tmp_path: Path, written: str, named: str
) -> None:
    file = tmp_path / "lexicon.toml"
    file.write_text(written, "utf-8")

    with pytest.raises(ConfigurationError, match=named):
        lexicon_entries(file)


def test_a_lexicon_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read lexicon"):
        lexicon_entries(tmp_path / "none.toml")


def test_a_voice_of_ones_own_has_a_lexicon_within_bounds(config: Path) -> None:
    config.write_text('[voices.me]\nvoice = "heart"\n[voices.me.lexicon]\nkokoro = "cocoa row"\n')
    assert {"kokoro": "cocoa row"} == load(config).voices["me"].lexicon

    config.write_text('[voices.me]\nvoice = "heart"\n[voices.me.lexicon]\n" " = "x"\n')
    with pytest.raises(ConfigurationError, match="empty"):
        load(config)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in (DOCS / "settings.md").read_text("utf-8")
