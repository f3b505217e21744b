"""AMQP URLs as people paste them."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.connections.urls import parse, url_of
from embedded_server.contracts.connections import RabbitSettings, Secret
from embedded_server.contracts.problems import UserFacingError

TEXT = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("url", "expected", "password"),
    [
        ("amqp://ada:pw@rabbit.example:5673/orders", RabbitSettings("rabbit.example", 5673, "orders", "ada"), "pw"),
        ("amqps://ada:pw@rabbit.example", RabbitSettings("rabbit.example", 0, "/", "ada", tls=True), "pw"),
        ("amqp://localhost", RabbitSettings("localhost"), "guest"),
        ("  amqp://ada@localhost/ \n", RabbitSettings("localhost", user="ada"), None),
        ("amqp://guest:guest@127.0.0.1:41234//", RabbitSettings("127.0.0.1", 41234), "guest"),
        ("amqp://a:b@h/%2F", RabbitSettings("h", user="a"), "b"),
        ("amqp://a:b@h/%2fprod", RabbitSettings("h", vhost="/prod", user="a"), "b"),
        ("amqp://a:b@h//prod", RabbitSettings("h", vhost="/prod", user="a"), "b"),
        ("pyamqp://a:b@h/v", RabbitSettings("h", vhost="v", user="a"), "b"),
        ("AMQPS://a:b@H/v", RabbitSettings("h", vhost="v", user="a", tls=True), "b"),
        ("amqp://us%40er:p%2F%3A%40%25@h/v%20x", RabbitSettings("h", vhost="v x", user="us@er"), "p/:@%"),
        ("amqp://a:b:c@h", RabbitSettings("h", user="a"), "b:c"),
        ("amqp://a:b@[::1]:5672/v", RabbitSettings("::1", 5672, "v", "a"), "b"),
        ("amqp://a:b@[fe80::1%25eth0]/v", RabbitSettings("fe80::1%eth0", 0, "v", "a"), "b"),
        ("amqp://a:100%sure@h", RabbitSettings("h", user="a"), "100%sure"),
        ("amqp://h?heartbeat=5&connection_attempts=3", RabbitSettings("h", heartbeat_s=5), "guest"),
        (
            "amqps://h?verify=verify_none&cacertfile=/etc/ca.pem&certfile=/c.pem&keyfile=/k.pem",
            RabbitSettings("h", tls=True, verify=False, ca_file="/etc/ca.pem", cert_file="/c.pem", key_file="/k.pem"),
            "guest",
        ),
    ],
)
def test_a_url_fills_every_field(url: str, expected: RabbitSettings, password: str | None) -> None:
    settings, secrets = parse(url)
    assert settings == expected
    assert secrets.get(Secret.PASSWORD) == password


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "url-scheme-unknown"),
        ("localhost:5672", "url-scheme-unknown"),
        ("http://ada:Wg7@h:15672", "url-scheme-unknown"),
        ("amqp://", "url-without-host"),
        ("amqp://ada:Wg7@/v", "url-without-host"),
        ("amqp://ada:Wg7@h:port/v", "url-port-invalid"),
        ("amqp://ada:Wg7@h:99999", "url-port-invalid"),
        ("amqp://ada:Wg7@h:0", "url-port-invalid"),
        ("amqp://ada:Wg7@[::1", "url-port-invalid"),
        ("amqp://ada:Wg7@::1/v", "url-port-invalid"),
        ("amqp://ada:Wg7 x@h", "url-has-blanks"),
        ("amqp://ada:Wg7@h amqp://i", "url-has-blanks"),
        ("amqp://ada:Wg7/x@h/v", "url-needs-escapes"),
        ("amqp://ada:Wg7#x@h/v", "url-needs-escapes"),
        ("amqp://ada:Wg7?x@h/v", "url-needs-escapes"),
        ("amqp://ada:Wg7@x@h/v", "url-needs-escapes"),
        ("amqp://ada:Wg7%FF@h/v", "url-not-utf8"),
        ("amqp://ada:Wg7@h1,h2/v", "host-invalid"),
        ("amqp://ada:Wg7@h?heartbeat=often", "url-option-invalid"),
        ("amqp://ada:Wg7@h?verify=maybe", "url-option-invalid"),
        ("amqp://ada:Wg7@h?hart_beat=5", "url-option-unknown"),
    ],
)
def test_what_is_wrong_is_named_and_the_password_is_not(url: str, code: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        parse(url)
    problem = caught.value.problem()
    assert problem.type.endswith(f":{code}")
    assert problem.hint
    assert "Wg7" not in repr(problem)


@given(TEXT, TEXT, TEXT)
def test_encoded_names_come_back_as_they_were(user: str, password: str, vhost: str) -> None:
    settings, secrets = parse(f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@h/{quote(vhost, safe='')}")
    assert (settings.user, secrets[Secret.PASSWORD], settings.vhost) == (user, password, vhost)
    assert parse(url_of(settings))[0] == RabbitSettings("h", 5672, vhost, user)


@given(st.text(max_size=40))
def test_any_text_is_a_connection_or_a_clear_problem(text: str) -> None:
    try:
        settings, _ = parse(f"amqp://{text}")
    except UserFacingError:
        return
    assert settings.host


def test_the_url_shown_has_the_port_and_no_secret() -> None:
    assert url_of(RabbitSettings("h")) == "amqp://guest@h:5672/%2F"
    assert url_of(RabbitSettings("::1", tls=True, user="", vhost="v")) == "amqps://[::1]:5671/v"
