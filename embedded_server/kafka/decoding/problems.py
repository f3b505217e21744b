"""Why bytes could not be read as something, or a text not be written as bytes."""

from embedded_server.contracts.problems import N_, UserFacingError


class Undecodable(UserFacingError):
    """Base of every reason in the report."""

    status = 422
    title = N_("This could not be read")
    hint = N_("Choose another format for this topic.")


class NotJson(Undecodable):
    """Not a JSON text."""

    title = N_("It is not JSON: {reason}")
    hint = N_("Choose another format for this topic, or let it be chosen automatically.")


class NestedTooDeeply(Undecodable):
    """Deeper than anybody writes by hand."""

    title = N_("It is nested more than {most} levels deep")
    hint = N_("Look at it as hex or Base64. Bytes that were not written this way often look like this.")


class TooManyValues(Undecodable):
    """A few bytes that stand for millions of values."""

    title = N_("It holds more than {most} values")
    hint = N_("Look at it as hex or Base64. Bytes that were not written this way often look like this.")


class TooLargeToDecode(Undecodable):
    """More than is read whole."""

    title = N_("{size} bytes are more than the {most} MB that are decoded")
    hint = N_("Look at it as text, hex or Base64, or save its bytes.")


class NotKept(Undecodable):
    """The journal cut the body."""

    title = N_("The journal kept {kept} of {size} bytes, too few to decode")
    hint = N_("It can be looked at as text, hex or Base64 up to there.")


class NotText(Undecodable):
    """Not UTF-8, or not meant to be read."""

    title = N_("It is not text: byte 0x{byte:02x} at {at}")
    hint = N_("Text is UTF-8 without control characters. Choose another format for this topic.")


class NotMessagePack(Undecodable):
    """Not what the format allows there."""

    title = N_("It is not MessagePack: {reason} at byte {at}")
    hint = N_("Choose another format for this topic, or let it be chosen automatically.")


class WrongLength(Undecodable):
    """Numbers and UUIDs have their lengths."""

    title = N_("{size} bytes are not {what}, which has {lengths}")
    hint = N_("Choose another format for this topic, or let it be chosen automatically.")


class NotUuid(Undecodable):
    """Neither a UUID's text nor its bytes."""

    title = N_("It is not a UUID")
    hint = N_("A UUID is 16 bytes, or 36 characters such as 123e4567-e89b-12d3-a456-426614174000.")


# -- bytes of a Schema Registry's serializer


class MagicByteMissing(Undecodable):
    """Confluent's wire format begins with 0x00."""

    title = N_("It starts with 0x{byte:02x}, not 0x00: no Schema Registry serializer wrote it")
    hint = N_("Choose a local schema for this topic, or another format.")


class WireTooShort(Undecodable):
    """Magic byte and id are five bytes."""

    title = N_("Only {size} bytes: a Schema Registry serializer writes at least 6")
    hint = N_("Choose another format for this topic.")


class NoRegistry(Undecodable):
    """The connection has none."""

    title = N_("It may be written with schema {id}, but this connection has no Schema Registry")
    hint = N_("Give the connection the URL of its Schema Registry, or choose a local schema for this topic.")


class OtherSchemaKind(Undecodable):
    """Avro was asked for, and the schema is Protobuf."""

    title = N_("Schema {id} is {found}, not {wanted}")
    hint = N_("Choose {found} for this topic, or let it be chosen automatically.")


class IndexesInvalid(Undecodable):
    """Protobuf's list of message indexes after the id."""

    title = N_("The message indexes after the schema's id are broken: {reason}")
    hint = N_("The bytes may have been written by something else. Choose a local schema for this topic.")


class MessageNotInSchema(Undecodable):
    """The indexes, or the choice, name a message that is not there."""

    title = N_("The schema has no message {message}")
    hint = N_("It has: {known}.")


# -- bytes that a schema does not describe


class Truncated(Undecodable):
    """The bytes end too early."""

    title = N_("The bytes end at {at}, within {path}")
    hint = N_("They were written with another schema, or cut. The schema was {schema}.")


class LeftOver(Undecodable):
    """The schema is read to its end, and there is more."""

    title = N_("{count} bytes are left after the schema's end, at byte {at}")
    hint = N_("They were written with another schema or a newer version of it. The schema was {schema}.")


class DoesNotFit(Undecodable):
    """Something that the schema does not allow."""

    title = N_("{reason} at byte {at}, in {path}")
    hint = N_("They were written with another schema, or are damaged. The schema was {schema}.")


class SchemaMismatch(Undecodable):
    """A JSON text that its schema does not allow."""

    title = N_("It does not match its schema at {path}: {reason}")
    hint = N_("It is shown all the same: a JSON text can be read without its schema.")


class SchemaCheckTooLong(Undecodable):
    """A pattern, or references that fan out."""

    title = N_("The check against its schema took more than {limit} s and was ended")
    hint = N_("A pattern such as (a+)+ in the schema, or references that fan out, may take for ever: simplify them.")


# -- schemas


class SchemaInvalid(UserFacingError):
    """A schema's text is wrong somewhere."""

    status = 422
    title = N_("{name}, line {line}, column {column}: {reason}")
    hint = N_("Mend the schema there, then save it again.")


class SchemaTooLarge(UserFacingError):
    """More than anybody writes."""

    status = 413
    title = N_("A schema with its imports may have {most} kB")
    hint = N_("Leave out what it does not need.")


class SchemaNameInvalid(UserFacingError):
    """A schema needs a name, and what it imports a path."""

    status = 422
    title = N_("“{name}” is no name for a schema or an import")
    hint = N_("Use a name such as order.proto, or a path such as common/money.proto without .. in it.")


class SchemaFormatInvalid(UserFacingError):
    """Only three formats have schemas."""

    status = 422
    title = N_("{format} has no schemas")
    hint = N_("A local schema is Avro, JSON Schema or Protobuf.")


class SchemaUnresolved(UserFacingError):
    """It names another schema that is nowhere."""

    status = 422
    title = N_("The schema {name} refers to {reference}, which is not there")
    hint = N_("Add both files at once, or name it under the schema's imports. In a registry, register it as a reference.")


class SchemaCompilerFailed(UserFacingError):
    """protoc ended without a word, or not at all."""

    status = 500
    title = N_("The Protobuf compiler did not finish: {reason}")
    hint = N_("Try again, or make the schema smaller.")


class LocalSchemaNotFound(UserFacingError):
    """It was removed."""

    status = 404
    title = N_("There is no local schema “{id}”")
    hint = N_("It may have been removed. Choose another one for this topic.")


class TooManySchemas(UserFacingError):
    """The list is full."""

    status = 409
    title = N_("There are already {most} local schemas")
    hint = N_("Remove one you no longer need.")


class KeptUnwritable(UserFacingError):
    """A file of choices or schemas cannot be written or read."""

    status = 507
    title = N_("This cannot be kept in {path}")
    hint = N_("Check the disk's space and the file's owner.")


class ReadingInvalid(UserFacingError):
    """A choice that cannot be."""

    status = 422
    title = N_("A topic cannot be read as {format} with the schema “{schema}”, which is {found}")
    hint = N_("Choose the schema's own format.")


# -- writing


class NotWritable(UserFacingError):
    """The text does not become bytes by this schema or format."""

    status = 422
    title = N_("At {path}: {reason}")
    hint = N_("Mend the text, or choose another format. The schema was {schema}.")


class ContentNotJson(UserFacingError):
    """These formats are written from JSON."""

    status = 422
    title = N_("It is not JSON, line {line}, column {column}: {reason}")
    hint = N_("Avro, JSON Schema, Protobuf and MessagePack are written from a JSON text.")


class ContentNotText(UserFacingError):
    """A lone surrogate has no bytes."""

    status = 422
    title = N_("The text has half a character at {at}, which cannot be written as UTF-8")
    hint = N_("Remove it, or send the bytes as Base64.")


class ContentNotInteger(UserFacingError):
    """Eight bytes hold so much."""

    status = 422
    title = N_("“{text}” is not a whole number of 64 bits")
    hint = N_("Write digits alone, from -9223372036854775808 to 9223372036854775807.")


class ContentNotBase64(UserFacingError):
    """Bytes travel as Base64."""

    status = 422
    title = N_("The {side} is not Base64")
    hint = N_("Use only A-Z, a-z, 0-9, + and /, padded with = to a multiple of four.")


class SchemaNotNamed(UserFacingError):
    """Neither subject nor local schema."""

    status = 422
    title = N_("{format} needs a schema")
    hint = N_("Choose a subject of the Schema Registry, or a local schema.")


class RecordGone(UserFacingError):
    """Retention has removed its event."""

    status = 404
    title = N_("The journal has no record {seq}")
    hint = N_("It may have left the journal. Read the topic again from its offset.")
