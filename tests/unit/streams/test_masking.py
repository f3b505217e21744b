"""Secrets stay off the wire and out of the journal, and come back where the client left them alone."""

import pytest

from embedded_server.contracts.streams import MASK, StreamKind, StreamSpec
from embedded_server.streams.masking import display_url, is_secret, mask_spec, unmask_spec
from embedded_server.streams.problems import SecretsNeeded


def spec(url: str = "https://h/p", **headers: str) -> StreamSpec:
    return StreamSpec("n", StreamKind.SSE, url, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "cookie",
        "X-Api-Key",
        "apikey",
        "api_key",
        "access_token",
        "X-Auth-Token",
        "client-secret",
        "sig",
        "Set-Cookie",
        "sessionid-token",
    ],
)
def test_names_that_carry_secrets_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["Accept", "X-Request-Id", "monkey", "topic", "Sec-WebSocket-Key", "keyword", "author"])
def test_ordinary_names_are_not_masked(name: str) -> None:
    assert not is_secret(name)


def test_a_subject_has_no_credentials_no_secret_parameters_and_no_fragment() -> None:
    assert display_url("https://me:pw@h:8443/p?topic=a&token=abc&empty=#f") == "https://h:8443/p?topic=a&token=***&empty="


def test_the_rest_of_a_query_keeps_its_spelling() -> None:
    assert display_url("https://h/p?a=%7E+b&b&c=%ZZ") == "https://h/p?a=%7E+b&b&c=%ZZ"


@pytest.mark.parametrize("url", ["https://me:p%40w@h/p?key=a%2Bb&x=1", "https://tokenonly@h/p", "https://h/p?x=1"])
def test_what_was_masked_comes_back_exactly(url: str) -> None:
    stored = spec(url, Authorization="Bearer s3cret", Accept="text/event-stream")
    shown = mask_spec(stored)
    assert "s3cret" not in str(shown)
    assert unmask_spec(shown, stored) == stored


def test_a_secret_that_was_typed_anew_replaces_the_stored_one() -> None:
    changed = unmask_spec(spec(Authorization="new", X_Api_Key=MASK), spec(Authorization="old", X_Api_Key="kept"))
    assert changed.headers == {"Authorization": "new", "X-Api-Key": "kept"}


@pytest.mark.parametrize("url", ["https://evil/p", "http://h/p", "https://h:444/p"])
def test_stored_secrets_never_follow_to_another_host(url: str) -> None:
    with pytest.raises(SecretsNeeded):
        unmask_spec(spec(url, Authorization=MASK), spec(Authorization="old"))


def test_an_empty_secret_is_shown_empty() -> None:
    assert mask_spec(spec(Authorization="")).headers == {"Authorization": ""}
