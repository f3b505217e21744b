"""What may go wrong with a Schema Registry, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError


class RegistryProblem(UserFacingError):
    """Base: the registry does not give what it was asked for."""

    status = 502


class RegistryUnreachable(RegistryProblem):
    """The connection is refused, or no way leads there."""

    title = N_("No Schema Registry answers at {address}: {reason}")
    hint = N_("Check that it runs, and the registry's URL in the connection's settings.")


class RegistryHostUnknown(RegistryProblem):
    """The name does not resolve."""

    title = N_("No host is called {host}, where the Schema Registry should be")
    hint = N_("Check the registry's URL in the connection's settings.")


class RegistryTimedOut(RegistryProblem):
    """No answer in time."""

    status = 504
    title = N_("The Schema Registry at {address} did not answer within {seconds:g} s")
    hint = N_("It may be overloaded, or a firewall drops the connection.")


class RegistryTlsFailed(RegistryProblem):
    """No secure connection can be made."""

    title = N_("No secure connection to the Schema Registry at {address}: {reason}")
    hint = N_("Check that this port speaks TLS, and the connection's certificate files. A plain port wants an http:// URL.")


class RegistryLoginRefused(RegistryProblem):
    """401: the user or the password is wrong, or there is none."""

    title = N_("The Schema Registry at {address} refuses the user “{user}”")
    hint = N_("Check user and password for the Schema Registry in the connection's settings.")


class RegistryForbidden(RegistryProblem):
    """403: the user may not see this."""

    status = 403
    title = N_("The user “{user}” may not read {what} in the Schema Registry at {address}")
    hint = N_("Ask whoever runs the registry for the right to read its subjects.")


class RegistryFails(RegistryProblem):
    """A 5xx answer."""

    title = N_("The Schema Registry at {address} failed: {code} {reason}")
    hint = N_("It may be starting, or have lost its cluster. Its log tells more.")


class RegistryRedirects(RegistryProblem):
    """Credentials are not taken to another address unasked."""

    title = N_("The Schema Registry at {address} redirects to {location}")
    hint = N_("If you trust it, use that address as the registry's URL in the connection's settings.")


class RegistryNotThere(RegistryProblem):
    """An HTTP server answers, but not this one."""

    title = N_("There is no Schema Registry at {address}: {answer}")
    hint = N_("Check the registry's URL, with its path where it has one: Apicurio's is /apis/ccompat/v7.")


class RegistryAnswerTooLarge(RegistryProblem):
    """More than anybody could use."""

    title = N_("The Schema Registry at {address} answered with more than {most_mb} MB")
    hint = N_("Search for a part of the subject's name.")


class RegistryUrlInvalid(RegistryProblem):
    """Not a URL that HTTP can use."""

    status = 422
    title = N_("“{url}” is not a URL of a Schema Registry")
    hint = N_("Write it as http://host:8081 in the connection's settings.")


class SchemaIdUnknown(RegistryProblem):
    """No schema has this id there."""

    status = 404
    title = N_("The Schema Registry at {address} has no schema {id}")
    hint = N_("The record may have been written with another registry, or the schema was deleted for good.")


class SubjectUnknown(RegistryProblem):
    """No subject of this name, or no such version."""

    status = 404
    title = N_("The Schema Registry at {address} has nothing called “{subject}”")
    hint = N_("It may have been deleted, or its name has a slip. Subjects are usually called after the topic: orders-value.")


class SchemaTypeUnknown(RegistryProblem):
    """A registry may have kinds of its own."""

    status = 422
    title = N_("Schema {id} is of the type {type}, which Switchroom does not know")
    hint = N_("It knows AVRO, JSON and PROTOBUF.")


class ReferencesWithoutEnd(RegistryProblem):
    """A schema that refers to hundreds of others, or in a circle."""

    status = 422
    title = N_("Schema “{name}” refers to more than {most} others")
    hint = N_("Look whether its references go in a circle.")


class NoRegistryConfigured(UserFacingError):
    """The connection has none."""

    status = 409
    title = N_("“{name}” has no Schema Registry")
    hint = N_("Give the connection the URL of its Schema Registry, or use a local schema.")
