"""What may be wrong with what a user fills in to be sent: generated fields, files, templates."""

from embedded_server.contracts.problems import N_, UserFacingError


class UploadGone(UserFacingError):
    """The server keeps a file for an hour, and forgets all at its start."""

    status = 404
    title = N_("The uploaded file is no longer there")
    hint = N_("Choose the file again; the server keeps one for an hour.")


class UploadsFull(UserFacingError):
    """So many files are on their way at once."""

    status = 507
    title = N_("The server keeps no more than {limit} MiB of files for messages")
    hint = N_("Wait until the other files are there.")


class UploadUnwritable(UserFacingError):
    """The folder for files cannot be written."""

    status = 507
    title = N_("The file cannot be kept in {path}")
    hint = N_("Check the disk's space and the folder's owner.")


class UnknownField(UserFacingError):
    """A generated field that nobody has heard of."""

    status = 422
    title = N_("There is no generated field “{name}”")
    hint = N_("Did you mean {near}? Write four braces, {{{{{{{{, where you want two.")


class FieldArguments(UserFacingError):
    """A generated field takes other arguments."""

    status = 422
    title = N_("The generated field “{name}” is written like this: {example}")
    hint = N_("Its parts are divided by colons.")


class UnknownLocale(UserFacingError):
    """faker does not know it."""

    status = 422
    title = N_("“{locale}” is not a locale that names and addresses can be generated for")
    hint = N_("Use one such as en_US, de_DE or zh_TW.")


class TemplateInvalid(UserFacingError):
    """A template needs a name."""

    status = 422
    title = N_("A template cannot be called “{name}”")
    hint = N_("Use 1 to 80 characters on one line.")


class TooManyTemplates(UserFacingError):
    """The list is full."""

    status = 409
    title = N_("There are already {most} templates")
    hint = N_("Delete one you no longer need.")


class TemplateNotFound(UserFacingError):
    """No template has this name."""

    status = 404
    title = N_("There is no template “{name}”")
    hint = N_("It may have been deleted.")


class TemplatesUnwritable(UserFacingError):
    """The file of templates cannot be written."""

    status = 507
    title = N_("The templates cannot be kept in {path}")
    hint = N_("Check the disk's space and the file's owner.")
