"""What only the test of a connection to Kafka finds out: it looks closer than a client that wants to get on."""

from embedded_server.contracts.problems import N_
from embedded_server.core.reach.problems import LinkProblem


class PortSpeaksHttp(LinkProblem):
    """A web server lives there: a Schema Registry or a console, mostly."""

    final = True
    title = N_("{address} speaks HTTP, not Kafka's protocol")
    hint = N_("This may be a Schema Registry or a console. Brokers mostly listen on 9092; the registry has a field of its own.")


class PortSpeaksHttps(LinkProblem):
    """The same behind TLS."""

    final = True
    title = N_("{address} speaks HTTPS, not Kafka over TLS")
    hint = N_("This may be a Schema Registry or a console. Brokers mostly listen with TLS on 9093; the registry has a field of its own.")


class ClosesAtOnce(LinkProblem):
    """It hung up before a word."""

    title = N_("{address} closed the connection before it said anything")
    hint = N_("A proxy or a firewall may stand there, or the broker is still starting. Check the port: mostly 9092, with TLS 9093.")


class SaysNothing(LinkProblem):
    """It listens and keeps silent."""

    title = N_("{address} takes the connection and then says nothing for {seconds:g} s")
    hint = N_("This is no Kafka port, or the broker behind it hangs. Check the port: Kafka's is mostly 9092, with TLS 9093.")


class SomeBootstrapFails(LinkProblem):
    """One of several addresses does not answer."""

    title = N_("{count} of {of} bootstrap addresses cannot be reached: {addresses}")
    hint = N_("The others do for now. Take these out, or look whether those brokers run: {reason}")


class SomeBrokersUnreachable(LinkProblem):
    """Some brokers of the cluster are not to be reached."""

    title = N_("{count} of {of} brokers cannot be reached at the address they advertise: {addresses}")
    hint = N_(
        "Partitions that these brokers lead cannot be read or written: {reason}. "
        "Set their advertised.listeners to what this machine reaches."
    )


class NoTopicsSeen(LinkProblem):
    """The user is let in, and sees nothing."""

    status = 403
    title = N_("The user “{user}” sees no topic")
    hint = N_("There may be none yet, or an ACL is missing: DESCRIBE on the topics lets them be seen, READ and WRITE be used.")


class NoBrokersTold(LinkProblem):
    """A cluster that knows of no broker."""

    title = N_("{address} answers, but tells of no broker")
    hint = N_("The cluster may still be starting, or a KRaft controller was asked. Use the address of a broker.")
