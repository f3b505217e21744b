"""What may go wrong with the list of connections, said so that a user can act on it. None of it repeats what may be a secret."""

from embedded_server.contracts.problems import N_, UserFacingError


class ConnectionNotFound(UserFacingError):
    """No connection has this id."""

    status = 404
    title = N_("There is no connection {id}")
    hint = N_("It may have been removed. GET /connections lists those there are.")


class ConnectionNameTaken(UserFacingError):
    """Two connections may not share a name: it is what their events are found by."""

    status = 409
    title = N_("Another connection is already called “{name}”")
    hint = N_("Choose another name: it tells the connections' messages apart.")


class EmbeddedIsFixed(UserFacingError):
    """The connection to the embedded brokers is always there as it is."""

    status = 409
    title = N_("The embedded connection cannot be changed or removed")
    hint = N_("Add a connection of your own; the embedded one stays beside it.")


class EmbeddedIsAway(UserFacingError):
    """The embedded brokers do not run."""

    status = 503
    title = N_("The embedded brokers do not run yet")
    hint = N_("They start with the server within seconds; the Server panel shows how they fare.")


class TooManyConnections(UserFacingError):
    """The list is full."""

    status = 409
    title = N_("There are already {most} connections")
    hint = N_("Remove one you no longer need.")


class SecretNeeded(UserFacingError):
    """The password was kept in memory, by a server that has ended since."""

    status = 409
    title = N_("The password of “{name}” is needed")
    hint = N_("This machine has no keyring that keeps it, so it is asked for once after each start of the server.")


class SecretStays(UserFacingError):
    """Kept secrets are not taken to another host unasked."""

    status = 422
    title = N_("The kept password of “{name}” is not taken to another host, or out of TLS")
    hint = N_("Type it again.")


class ConnectionStoreUnwritable(UserFacingError):
    """The file of connections cannot be written."""

    status = 500
    title = N_("The list of connections cannot be written to {path}")
    hint = N_("Check that the folder belongs to you and that the disk has room. The change was not kept.")


# -- fields


class ConnectionNameInvalid(UserFacingError):
    """A name that cannot tell a connection's events apart."""

    status = 422
    title = N_("A connection cannot be called “{name}”")
    hint = N_("Use 1 to 80 characters on one line, and not “embedded”: that one is taken.")


class ConnectionKindInvalid(UserFacingError):
    """Settings that do not belong to the kind."""

    status = 422
    title = N_("A connection of kind “{kind}” cannot be saved with these settings")
    hint = N_("Kind “rabbitmq” takes the settings of a RabbitMQ, “kafka” those of a Kafka; the embedded connection is always there.")


class HostInvalid(UserFacingError):
    """No name and no address."""

    status = 422
    title = N_("“{host}” is not one host")
    hint = N_("Give one name or address, without a port. A cluster's nodes are a connection each, or the address before them.")


class PortInvalid(UserFacingError):
    """No port."""

    status = 422
    title = N_("{port} is not a port")
    hint = N_("Ports go from 1 to 65535; 0 or nothing is the usual one: 5672, with TLS 5671.")


class FieldInvalid(UserFacingError):
    """A text that no broker can carry."""

    status = 422
    title = N_("The {field} cannot be used")
    hint = N_("It has at most 255 bytes in UTF-8, on one line.")


class HeartbeatInvalid(UserFacingError):
    """No interval."""

    status = 422
    title = N_("{seconds} is not a heartbeat's interval in seconds")
    hint = N_("Use 0 to 65535: 30 suits most, and 0 turns heartbeats off.")


class ManagementUrlInvalid(UserFacingError):
    """No address of a management API."""

    status = 422
    title = N_("The management API's address is not a URL")
    hint = N_("Write it as http://host:15672 or https://host/path, or leave it empty for the usual one.")


class BootstrapInvalid(UserFacingError):
    """No address of a Kafka broker."""

    status = 422
    title = N_("“{address}” is no address of a Kafka broker")
    hint = N_("Write each as host:port, such as kafka.example.org:9092; commas stand between several, 50 at most.")


class BootstrapPortInvalid(UserFacingError):
    """What stands after the colon is no port."""

    status = 422
    title = N_("The address “{address}” has no port from 1 to 65535")
    hint = N_("Write it as host:port; Kafka's usual port is 9092. An IPv6 address stands in brackets, as in [::1]:9092.")


class SaslUserMissing(UserFacingError):
    """A login without a user."""

    status = 422
    title = N_("SASL {mechanism} needs a user")
    hint = N_("Type the user, or set the mechanism to none where the cluster asks for no login.")


class RegistryUrlInvalid(UserFacingError):
    """No address of a Schema Registry."""

    status = 422
    title = N_("The Schema Registry's address is not a URL")
    hint = N_("Write it as http://host:8081 or https://host/path, or leave it empty where there is none.")


class FileNotAbsolute(UserFacingError):
    """A file that only a working directory could find."""

    status = 422
    title = N_("The {field} “{path}” is not a whole path")
    hint = N_("Begin it with / (or ~ for your home): the server that reads it runs elsewhere than you.")


class KeyWithoutCertificate(UserFacingError):
    """A client's key alone says nothing."""

    status = 422
    title = N_("A client key is given without its certificate")
    hint = N_("Name the certificate's file too, or leave both out.")


# -- URLs


class UrlSchemeUnknown(UserFacingError):
    """Neither an AMQP URL nor a Kafka's."""

    status = 422
    title = N_("The URL does not begin with amqp://, amqps://, kafka:// or kafka+ssl://")
    hint = N_(
        "Write it as amqp://user:password@host:5672/vhost, or as kafka://host:9092,other:9092; amqps:// and kafka+ssl:// are with TLS."
    )


class UrlHasBlanks(UserFacingError):
    """More than one line, or more than one URL."""

    status = 422
    title = N_("There is a blank at character {position} of the URL")
    hint = N_("Take it out, or write a blank that belongs to a name or a password as %20.")


class UrlNeedsEscapes(UserFacingError):
    """A password, mostly, with characters that end it."""

    status = 422
    title = N_("The user or password in the URL holds a character that means something else there")
    hint = N_("Write / as %2F, ? as %3F, # as %23 and @ as %40, or type them into the form's own fields.")


class UrlWithoutHost(UserFacingError):
    """A URL that leads nowhere."""

    status = 422
    title = N_("The URL names no host")
    hint = N_("Write it as amqp://user:password@host:5672/vhost, or as kafka://host:9092.")


class UrlPortInvalid(UserFacingError):
    """What stands after the host's colon is no port."""

    status = 422
    title = N_("The port in the URL is not a number from 1 to 65535")
    hint = N_("Leave it out for the usual one: 5672, with TLS 5671. An IPv6 address stands in brackets, as in amqp://[::1]/.")


class UrlNotUtf8(UserFacingError):
    """Percent-encoding of something else than UTF-8."""

    status = 422
    title = N_("The {part} in the URL is not UTF-8 once its %-signs are read")
    hint = N_("Encode it again from UTF-8, or type it into the form's own field.")


class UrlOptionUnknown(UserFacingError):
    """An option after the question mark that nobody knows."""

    status = 422
    title = N_("The URL's option “{name}” is not known")
    hint = N_("Known are {known}; take any other out.")


class UrlOptionInvalid(UserFacingError):
    """An option's value that cannot be."""

    status = 422
    title = N_("The URL's option “{name}” has a value that cannot be used")
    hint = N_("It takes {expected}.")


class PropertiesWithoutBrokers(UserFacingError):
    """A client's settings that lead nowhere."""

    status = 422
    title = N_("The settings name no brokers")
    hint = N_("Copy the line with bootstrap.servers (or metadata.broker.list) as well.")


class PropertyUnusable(UserFacingError):
    """A client's setting that Switchroom cannot follow."""

    status = 422
    title = N_("“{name}” has a value that Switchroom cannot use: {value}")
    hint = N_("It takes {expected}.")


# -- import


class ImportVersionUnknown(UserFacingError):
    """A file of a later Switchroom."""

    status = 422
    title = N_("The file is of version {version}, and this Switchroom reads version {known}")
    hint = N_("Export it again with the Switchroom that reads it, or bring this one up to date.")


class ImportNotConnections(UserFacingError):
    """Some other file."""

    status = 422
    title = N_("The file holds no connections")
    hint = N_("Choose one that “Export…” wrote: a JSON object with “version” and “connections”.")


class ImportDamaged(UserFacingError):
    """One entry of the file cannot be taken in."""

    status = 422
    title = N_("Connection {position} of the file cannot be read: {reason}")
    hint = N_("Mend that entry or take it out, then import again. Nothing was added.")
