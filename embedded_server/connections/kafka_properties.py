"""A Kafka client's settings as people have them: a Java client.properties or librdkafka's, pasted whole."""

import re
from typing import Any, Final

from embedded_server.connections.bootstrap import check_bootstrap
from embedded_server.connections.fields import split_web_address
from embedded_server.connections.kafka_urls import MECHANISMS, Parsed, mechanism_of
from embedded_server.connections.problems import PropertiesWithoutBrokers, PropertyUnusable, RegistryUrlInvalid
from embedded_server.contracts.connections import KafkaSettings, SaslMechanism, Secret

_BROKERS: Final = ("bootstrap.servers", "metadata.broker.list")
_NAME: Final = r"[a-z]+(?:\.[a-z]+)+"
_PROPERTY: Final = re.compile(
    rf"""(?:^|(?<=[\s,{{]))(?:(["'])(?P<quoted>{_NAME})\1\s*[=:]|(?P<bare>{_NAME})(?:\s*=|:(?=\s)))\s*""", re.MULTILINE
)
"""A name in quotes may end with a colon, as in Python and JSON; a bare one only before a blank, as in YAML: else it is a host."""
_IN_JAAS: Final = re.compile(r"""\b(username|password)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s;]+))""")
_PROTOCOLS: Final = {"PLAINTEXT": (False, False), "SSL": (True, False), "SASL_PLAINTEXT": (False, True), "SASL_SSL": (True, True)}
"""Each with whether it is TLS, and whether it has a login."""
_FILES: Final = {
    "ca_file": ("ssl.ca.location", "ssl.truststore.location"),
    "cert_file": ("ssl.certificate.location", "ssl.keystore.location"),
    "key_file": ("ssl.key.location",),
}


def are_properties(text: str) -> bool:
    """Whether *text* holds a client's settings rather than a URL."""
    return any(name in _BROKERS or name.startswith(("sasl.", "security.")) for name in map(_name, _PROPERTY.finditer(text)))


def parse(text: str) -> Parsed:
    """Take a client's settings apart. Raises a `UserFacingError` that names the setting, and repeats no secret."""
    told = _pairs(text)
    bootstrap = next((told[name] for name in _BROKERS if told.get(name)), "")
    if not bootstrap:
        raise PropertiesWithoutBrokers
    tls, signs_in = _protocol(told)
    user, password = _login(told) if signs_in else ("", "")
    registry, registry_user, registry_password = _registry(told)
    settings = KafkaSettings(
        check_bootstrap(bootstrap),
        tls=tls,
        verify=told.get("enable.ssl.certificate.verification", "true").lower() != "false",
        mechanism=_mechanism(told) if signs_in else SaslMechanism.NONE,
        user=user,
        registry_url=registry,
        registry_user=registry_user,
        **_files(told),
    )
    secrets = {Secret.PASSWORD: password, Secret.REGISTRY_PASSWORD: registry_password}
    return settings, {secret: value for secret, value in secrets.items() if value}


def _pairs(text: str) -> dict[str, str]:
    """Answer the settings by their names; they stand on lines of their own, or one after the other."""
    lines = "\n".join(line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith(("#", "!")))
    found = list(_PROPERTY.finditer(lines))
    ends = [one.start() for one in found[1:]] + [len(lines)]
    return {_name(one): _bare(lines[one.end() : end]) for one, end in zip(found, ends, strict=True)}


def _name(found: re.Match[str]) -> str:
    return found["quoted"] or found["bare"]


def _bare(value: str) -> str:
    """Take a value out of its quotes, and what stands behind them away; a bare one is meant as it is."""
    value = value.strip()
    quote = value[:1]
    inner, end, _ = value[1:].rpartition(quote) if quote and quote in "\"'" else ("", "", "")
    return inner if end else value


def _protocol(told: dict[str, str]) -> tuple[bool, bool]:
    name = told.get("security.protocol", "")
    if not name:
        return False, any(key.startswith("sasl.") for key in told)
    if name.upper() not in _PROTOCOLS:
        raise PropertyUnusable(name="security.protocol", value=name[:40], expected=", ".join(_PROTOCOLS))
    return _PROTOCOLS[name.upper()]


def _mechanism(told: dict[str, str]) -> SaslMechanism:
    name = told.get("sasl.mechanism") or told.get("sasl.mechanisms") or "PLAIN"
    mechanism = mechanism_of(name)
    if mechanism is None or mechanism is SaslMechanism.NONE:
        raise PropertyUnusable(name="sasl.mechanism", value=name[:40], expected=MECHANISMS)
    return mechanism


def _login(told: dict[str, str]) -> tuple[str, str]:
    if "sasl.username" in told:
        return told["sasl.username"], told.get("sasl.password", "")
    jaas = {
        one[1]: _unescaped(one[2]) if one[2] is not None else one[3] or one[4]
        for one in _IN_JAAS.finditer(told.get("sasl.jaas.config", ""))
    }
    return jaas.get("username", ""), jaas.get("password", "")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _registry(told: dict[str, str]) -> tuple[str, str, str]:
    url = told.get("schema.registry.url", "").partition(",")[0].strip()
    if not url:
        return "", "", ""
    address = split_web_address(url)
    if address is None:
        raise RegistryUrlInvalid
    named = told.get("schema.registry.basic.auth.user.info") or told.get("basic.auth.user.info", "")
    user, _, password = named.partition(":")
    return address[0], address[1] or user, address[2] or password


def _files(told: dict[str, str]) -> dict[str, Any]:
    """Answer the files of TLS. Java's own stores are no PEM files, and cannot be read."""
    found: dict[str, Any] = {}
    for field, names in _FILES.items():
        name, path = next(((name, told[name]) for name in names if told.get(name)), ("", ""))
        if path.lower().endswith((".jks", ".p12", ".pfx")):
            raise PropertyUnusable(name=name, value=path[:200], expected="a PEM file; openssl or keytool can write one from it")
        found[field] = path
    return found
