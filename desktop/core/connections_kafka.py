"""A Kafka connection in the form: its settings as typed, and what keeps them from being saved."""

from dataclasses import replace
from typing import Final

from desktop.core.connections_entries import Draft, Entry, EntryFault
from desktop.core.i18n import N_
from embedded_server.contracts.connections import KafkaSettings, SaslMechanism

MAX_PORT: Final = 65_535


def with_kafka(draft: Draft, settings: KafkaSettings) -> Draft:
    """Write a Kafka's settings into *draft*."""
    return replace(
        draft,
        bootstrap=settings.bootstrap,
        mechanism=settings.mechanism,
        user=settings.user,
        tls=settings.tls,
        verify=settings.verify,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        registry_url=settings.registry_url,
        registry_user=settings.registry_user,
    )


def kafka_settings(draft: Draft) -> KafkaSettings:
    """Answer the settings of a draft without faults."""
    is_signed_in = draft.mechanism is not SaslMechanism.NONE
    return KafkaSettings(
        bootstrap=",".join(addresses_in(draft.bootstrap)),
        tls=draft.tls,
        verify=draft.verify,
        ca_file=draft.ca_file.strip(),
        cert_file=draft.cert_file.strip(),
        key_file=draft.key_file.strip(),
        mechanism=draft.mechanism,
        user=draft.user if is_signed_in else "",
        registry_url=draft.registry_url.strip(),
        registry_user=draft.registry_user,
    )


def kafka_faults(draft: Draft) -> list[EntryFault]:
    """Answer what can be seen to be wrong here; the server checks the rest."""
    faults: list[EntryFault] = []
    addresses = addresses_in(draft.bootstrap)
    if not addresses:
        hint = N_("Type host:port of one broker or of several with commas between, or paste a whole URL above.")
        faults.append(EntryFault(Entry.BOOTSTRAP, N_("No broker is given"), hint))
    elif not all(_is_address(address) for address in addresses):
        hint = N_("Write each as host:port, such as kafka.example.org:9092; commas stand between several.")
        faults.append(EntryFault(Entry.BOOTSTRAP, N_("One of the addresses has no port from 1 to 65535"), hint))
    if draft.mechanism is not SaslMechanism.NONE and not draft.user:
        faults.append(EntryFault(Entry.USER, N_("No user is given"), N_("Type one, or choose no login.")))
    return faults


def addresses_in(text: str) -> list[str]:
    """Answer the addresses of a list with commas, blanks or lines between."""
    return text.replace(",", " ").split()


def _is_address(address: str) -> bool:
    """Whether what follows the last colon, where there is one outside of brackets, is a port."""
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return True  # the usual port
    return bool(host) and port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) <= MAX_PORT
