"""Kafka connections as people paste them: URLs, bare addresses, and clients' own settings."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.connections import texts
from embedded_server.connections.kafka_urls import parse, url_of
from embedded_server.contracts.connections import ConnectionKind, KafkaSettings, SaslMechanism, Secret
from embedded_server.contracts.problems import UserFacingError

TEXT = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=20)
SCRAM = SaslMechanism.SCRAM_SHA_512


@pytest.mark.parametrize(
    ("text", "expected", "password"),
    [
        ("kafka://h", KafkaSettings("h:9092"), None),
        ("kafka://h:9093,i,[::1]:9094", KafkaSettings("h:9093,i:9092,[::1]:9094"), None),
        ("KAFKA+SSL://h:9093/", KafkaSettings("h:9093", tls=True), None),
        ("kafkas://h", KafkaSettings("h:9092", tls=True), None),
        ("kafka://ada:p%40w@h", KafkaSettings("h:9092", mechanism=SaslMechanism.PLAIN, user="ada"), "p@w"),
        ("kafka+ssl://ada:pw@h?mechanism=scram-sha-512", KafkaSettings("h:9092", tls=True, mechanism=SCRAM, user="ada"), "pw"),
        (
            "kafka+ssl://h?verify=false&cafile=/ca.pem&certfile=/c.pem&keyfile=/k.pem",
            KafkaSettings("h:9092", tls=True, verify=False, ca_file="/ca.pem", cert_file="/c.pem", key_file="/k.pem"),
            None,
        ),
        ("localhost:9092", KafkaSettings("localhost:9092"), None),
        ("a:9092, b:9092\n c", KafkaSettings("a:9092,b:9092,c:9092"), None),
        ("a:9092,a:9092", KafkaSettings("a:9092"), None),
        ("bootstrap.servers=SASL_SSL://a:9092,b:9093", KafkaSettings("a:9092,b:9093"), None),
    ],
)
def test_a_line_fills_every_field(text: str, expected: KafkaSettings, password: str | None) -> None:
    found = texts.read_text(text)
    assert found.spec.kind is ConnectionKind.KAFKA
    assert found.spec.kafka == expected
    assert found.secrets.get(Secret.PASSWORD) == password


def test_a_registry_in_the_url_brings_its_own_login() -> None:
    settings, secrets = parse("kafka://h?registry=https%3A%2F%2Fada%3Apw%40reg%3A8081%2Fapi")
    assert (settings.registry_url, settings.registry_user) == ("https://reg:8081/api", "ada")
    assert secrets == {Secret.REGISTRY_PASSWORD: "pw"}
    assert parse("kafka://h?registry=http://reg:8081")[0].registry_url == "http://reg:8081"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kafka://", "url-without-host"),
        ("kafka://ada:Wg7@", "url-without-host"),
        ("kafka://ada:Wg7@h:port", "bootstrap-port-invalid"),
        ("kafka://ada:Wg7@h:0", "bootstrap-port-invalid"),
        ("kafka://ada:Wg7@h%%", "bootstrap-invalid"),
        ("kafka://ada:Wg7 x@h", "url-has-blanks"),
        ("kafka://ada:Wg7@x@h", "url-needs-escapes"),
        ("kafka://ada:Wg7/x@h", "url-needs-escapes"),
        ("kafka://ada:Wg7?x@h", "url-needs-escapes"),
        ("kafka://ada:Wg7%FF@h", "url-not-utf8"),
        ("kafka://ada:Wg7@h?mechanism=GSSAPI", "url-option-invalid"),
        ("kafka://ada:Wg7@h?acks=all", "url-option-unknown"),
        ("kafka://ada:Wg7@h?registry=nowhere", "registry-url-invalid"),
        ("localhost:5672", "url-scheme-unknown"),
        ("localhost", "url-scheme-unknown"),
        ("http://ada:Wg7@h:8082", "url-scheme-unknown"),
        ("security.protocol=SSL", "properties-without-brokers"),
        ("bootstrap.servers=h:9092\nsecurity.protocol=GSSAPI", "property-unusable"),
        ("bootstrap.servers=h:9092\nsasl.mechanism=OAUTHBEARER\nsasl.password=Wg7", "property-unusable"),
        ("bootstrap.servers=h:9092\nssl.truststore.location=/x.jks", "property-unusable"),
    ],
)
def test_what_is_wrong_is_named_and_the_password_is_not(text: str, code: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        texts.read_text(text)
    problem = caught.value.problem()
    assert problem.type.endswith(f":{code}")
    assert problem.hint
    assert "Wg7" not in repr(problem)


JAVA = """
# made by the platform team
bootstrap.servers=a.example:9093,\\
  b.example:9093
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="ada" password="p\\"w; x";
ssl.truststore.location=/etc/ca.pem
client.id=orders
schema.registry.url=http://reg:8081
basic.auth.user.info=reader:secret
"""
LIBRDKAFKA = (
    "metadata.broker.list=a.example:9093,b.example:9093 security.protocol=sasl_ssl sasl.mechanisms=SCRAM-SHA-512 "
    'sasl.username=ada sasl.password=p"w;x ssl.ca.location=/etc/ca.pem enable.ssl.certificate.verification=true'
)
PYTHON = """{
    "bootstrap.servers": "a.example:9093,b.example:9093",
    "security.protocol": "SASL_SSL",
    "sasl.mechanisms": "SCRAM-SHA-512",
    "sasl.username": "ada",
    "sasl.password": "pw",
    "ssl.ca.location": "/etc/ca.pem",
}"""


@pytest.mark.parametrize(("text", "password"), [(JAVA, 'p"w; x'), (LIBRDKAFKA, 'p"w;x'), (PYTHON, "pw")])
def test_a_clients_own_settings_fill_the_form(text: str, password: str) -> None:
    found = texts.read_text(text)
    assert found.spec.kafka is not None
    assert found.spec.name == "a.example"
    assert found.spec.kafka.bootstrap == "a.example:9093,b.example:9093"
    assert (found.spec.kafka.tls, found.spec.kafka.mechanism, found.spec.kafka.user) == (True, SCRAM, "ada")
    assert found.spec.kafka.ca_file == "/etc/ca.pem"
    assert found.secrets[Secret.PASSWORD] == password


def test_a_registrys_login_comes_out_of_a_clients_settings() -> None:
    found = texts.read_text(JAVA)
    assert found.spec.kafka is not None
    assert (found.spec.kafka.registry_url, found.spec.kafka.registry_user) == ("http://reg:8081", "reader")
    assert found.secrets[Secret.REGISTRY_PASSWORD] == "secret"


@given(TEXT, TEXT)
def test_encoded_names_come_back_as_they_were(user: str, password: str) -> None:
    settings, secrets = parse(f"kafka+ssl://{quote(user, safe='')}:{quote(password, safe='')}@h?mechanism=SCRAM-SHA-256")
    assert (settings.user, secrets[Secret.PASSWORD]) == (user, password)
    assert parse(url_of(settings))[0] == settings


@given(st.text(max_size=40))
def test_any_text_is_a_connection_or_a_clear_problem(text: str) -> None:
    for wrapped in (f"kafka://{text}", f"bootstrap.servers={text}", text):
        try:
            found = texts.read_text(wrapped)
        except UserFacingError:
            continue
        assert found.spec.kafka is not None
        assert found.spec.kafka.bootstrap


def test_the_url_shown_has_no_secret() -> None:
    assert url_of(KafkaSettings("h:9092,i:9092")) == "kafka://h:9092,i:9092"
    assert url_of(KafkaSettings("h:9093", tls=True, mechanism=SCRAM, user="a b")) == "kafka+ssl://a%20b@h:9093?mechanism=SCRAM-SHA-512"
