"""Short-lived tokens: signed, not stored."""

from __future__ import annotations

import pytest

from firstword.core.errors import Unauthorized
from firstword.server.tokens import PREFIX, Token, Tokens

pytestmark = pytest.mark.unit

SECRET = "a secret of some length"
NOW = 1_000_000
TOKEN = Token("caller", NOW + 60, ("speech",))


def tokens(secret: str | None = SECRET, now: float = NOW) -> Tokens:
    return Tokens(secret, lambda: now)


@pytest.mark.parametrize("scope", [None, (), ("speech",), ("speech", "chat")])
def test_a_token_says_what_it_was_made_with(scope: tuple[str, ...] | None) -> None:
    token = Token("caller", NOW + 60, scope)
    assert tokens().read(tokens().make(token)) == token


def test_any_server_with_the_same_secret_knows_it_and_no_other() -> None:
    made = tokens().make(TOKEN)
    assert tokens().read(made) == TOKEN
    for other in (tokens("another secret of some length"), tokens(None)):
        with pytest.raises(Unauthorized):
            other.read(made)


def test_it_ends_in_its_second() -> None:
    made = tokens().make(TOKEN)
    assert tokens(now=NOW + 59.9).read(made) == TOKEN
    with pytest.raises(Unauthorized) as refused:
        tokens(now=NOW + 60).read(made)
    assert refused.value.code == "token_expired"


def test_no_bit_of_it_can_be_changed() -> None:
    made = tokens().make(TOKEN)
    for at in range(len(PREFIX), len(made) - 1):  # the last letter has bits that mean nothing
        changed = made[:at] + ("A" if made[at] != "A" else "B") + made[at + 1 :]
        with pytest.raises(Unauthorized):
            tokens().read(changed)


@pytest.mark.parametrize("value", ["", PREFIX, PREFIX + "%%%", PREFIX + "é", PREFIX + "A" * 5000, "sk-key"])
def test_what_is_no_token_is_refused(value: str) -> None:
    with pytest.raises(Unauthorized):
        tokens().read(value)


def test_it_is_fit_for_a_url_and_for_the_name_of_a_subprotocol() -> None:
    assert set(tokens().make(TOKEN)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_a_caller_is_told_apart_but_not_told() -> None:
    known = "sha256:" + "0" * 64
    assert tokens().tag(known) == tokens().tag(known) != tokens(None).tag(known)
    assert known not in tokens().make(Token(tokens().tag(known), NOW + 60))
