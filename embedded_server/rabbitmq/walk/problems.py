"""What only the test of a connection finds out: it looks closer than a link that wants to get on."""

from embedded_server.contracts.problems import N_
from embedded_server.core.reach.problems import LinkProblem


class PortSpeaksHttp(LinkProblem):
    """A web server lives there: the management page, mostly."""

    final = True
    title = N_("{address} speaks HTTP, not AMQP")
    hint = N_("This is likely the management page. AMQP's own port is 5672, with TLS 5671; the management URL has a field of its own.")


class PortSpeaksHttps(LinkProblem):
    """The same behind TLS."""

    final = True
    title = N_("{address} speaks HTTPS, not AMQP over TLS")
    hint = N_("This is likely the management page. AMQP over TLS has port 5671; the management URL has a field of its own.")


class OtherAmqpVersion(LinkProblem):
    """It answered with the version it speaks (AMQP 0-9-1, section 4.2.2)."""

    final = True
    title = N_("{address} speaks AMQP {version}, not 0-9-1")
    hint = N_("RabbitMQ speaks 0-9-1 on port 5672. Other brokers, such as ActiveMQ or a cloud's service bus, cannot be used here.")


class ClosesAtOnce(LinkProblem):
    """It hung up before a word."""

    title = N_("{address} closed the connection before it said anything")
    hint = N_("A proxy or a firewall may stand there, or the broker is still starting. Check the port: 5672, with TLS 5671.")


class SaysNothing(LinkProblem):
    """It listens and keeps silent."""

    title = N_("{address} takes the connection and then says nothing for {seconds:g} s")
    hint = N_("This is no AMQP port, or the broker behind it hangs. Check the port: 5672, with TLS 5671.")


class NoPlainLogin(LinkProblem):
    """Only other ways to log in are open."""

    final = True
    title = N_("{address} takes no login by user and password, only {mechanisms}")
    hint = N_("Whoever runs the broker can allow the mechanism PLAIN there.")


class VHostMissing(LinkProblem):
    """There is none of this name."""

    final = True
    title = N_("There is no virtual host “{vhost}” at {address}")
    hint = N_("Check the name; in a URL “/” is written %2F. Whoever runs the broker can add it.")


class VHostMissingAmong(LinkProblem):
    """There is none of this name, but others are known."""

    final = True
    title = N_("There is no virtual host “{vhost}” at {address}")
    hint = N_("Those the management API shows to this user are: {known}.")


class PermissionsMissing(LinkProblem):
    """The user is let in, and may not do everything."""

    status = 403
    title = N_("“{user}” may not {missing} everything in “{vhost}”")
    hint = N_("It was tried with a name that does not exist: nothing was changed. If certain names only are permitted, all is well.")
