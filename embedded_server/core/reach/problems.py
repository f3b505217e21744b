"""What may stand between Switchroom and a broker of any kind, said so that a user can act on it."""

from typing import ClassVar

from embedded_server.contracts.problems import N_, UserFacingError


class LinkProblem(UserFacingError):
    """The broker cannot be reached or refuses us. ``final``: trying again does not mend it."""

    status = 502
    final: ClassVar[bool] = False


class LinkClosed(LinkProblem):
    """Closed here while something was under way."""

    status = 409
    title = N_("The connection “{name}” was closed")
    hint = N_("Connect again, then repeat what you were doing.")


class NameNotFound(LinkProblem):
    """The host's name leads nowhere."""

    title = N_("No address is known for “{host}”")
    hint = N_("Check the host's name for a slip; inside a VPN or a container network it may have another one.")


class NobodyListens(LinkProblem):
    """The connection is refused at once. Each kind of broker tells its own ports in a class of the same name."""

    title = N_("No broker answers at {address}")
    hint = N_("Check the port, and that the broker runs.")


class NoAnswer(LinkProblem):
    """Nothing comes back at all."""

    title = N_("{address} did not answer within {seconds:g} s")
    hint = N_("A firewall may swallow the packets. Check the address, and whether this machine may reach it.")


class NetworkFails(LinkProblem):
    """The operating system says why not."""

    title = N_("{address} cannot be reached: {reason}")
    hint = N_("Check the network between this machine and the broker.")


class PortWantsTls(LinkProblem):
    """We spoke plainly to a TLS port."""

    final = True
    title = N_("{address} speaks TLS, and this connection does not")
    hint = N_("Switch TLS on for this connection, or use the plain port: RabbitMQ's is usually 5672, Kafka's 9092.")


class PortSpeaksPlain(LinkProblem):
    """We spoke TLS to a plain port."""

    final = True
    title = N_("{address} does not speak TLS, and this connection does")
    hint = N_("Switch TLS off for this connection, or use the TLS port: RabbitMQ's is usually 5671, Kafka's often 9093.")


class CertificateNotTrusted(LinkProblem):
    """The certificate does not prove who they are."""

    final = True
    title = N_("The certificate of {address} is not trusted: {reason}")
    hint = N_(
        "Name the file of the authority that signed it, or use the host's name that stands in it. For a trial only: switch the check off."
    )


class CertificateRefused(LinkProblem):
    """The broker wants a certificate of ours, or another one."""

    final = True
    title = N_("{address} broke off the TLS handshake: {reason}")
    hint = N_("It may ask for a client certificate, or for another version of TLS. The broker's log says which.")


class CertificateUnreadable(LinkProblem):
    """A file of certificates or keys cannot be used."""

    status = 422
    final = True
    title = N_("The certificate file {path} cannot be used: {reason}")
    hint = N_("It has to be a PEM file on the machine that Switchroom's server runs on, and readable by it.")


class NameSlow(LinkProblem):
    """Nobody tells whether the name exists."""

    title = N_("The address of “{host}” was not found within {seconds:g} s")
    hint = N_("This machine's name server does not answer. Check its network, or use the address instead of the name.")


class CertificateExpired(LinkProblem):
    """Its time is over."""

    final = True
    title = N_("The certificate of {address} has expired")
    hint = N_("Whoever runs the broker has to renew it. Check this machine's clock as well.")


class CertificateEarly(LinkProblem):
    """Its time is still to come."""

    final = True
    title = N_("The certificate of {address} is not valid yet")
    hint = N_("Check the clock of this machine, and of the one that made the certificate.")


class CertificateForOther(LinkProblem):
    """It proves to be somebody else."""

    final = True
    title = N_("The certificate of {address} is for another host: {names}")
    hint = N_("Use a name that stands in the certificate as the host. For a trial only: switch the check off.")


class CertificateUnknownAuthority(LinkProblem):
    """Whoever signed it is not known here."""

    final = True
    title = N_("The certificate of {address} is signed by an authority this machine does not know: {reason}")
    hint = N_("Name the file of that authority's certificate under TLS. For a trial only: switch the check off.")


class CertificateUnchecked(LinkProblem):
    """The user has said not to check it."""

    title = N_("The certificate is not checked: anybody in between could read along")
    hint = N_("Switch the check on once the authority's file is at hand.")
