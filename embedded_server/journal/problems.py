"""What the journal may have to tell the user."""

from embedded_server.contracts.problems import N_, UserFacingError


class JournalUnwritable(UserFacingError):
    """The journal's folder or file refuses to be written."""

    status = 500
    title = N_("The journal cannot be written at {path}")
    hint = N_("Check that the folder exists, belongs to you and has room, or start with another --data-dir.")


class JournalTooNew(UserFacingError):
    """The file was made by a later Switchroom."""

    status = 500
    title = N_("The journal at {path} was made by a newer Switchroom")
    hint = N_("Update Switchroom, or start with another --data-dir.")


class JournalDamaged(UserFacingError):
    """A read met a broken page; the journal sets the file aside and begins anew."""

    status = 503
    title = N_("The journal's file is damaged")
    hint = N_("It is being set aside beside the new one; the Server panel names it. Try again in a moment.")


class FeedStopped(UserFacingError):
    """A feed met something it cannot go on after."""

    status = 500
    title = N_("This list has stopped: {reason}")
    hint = N_("Set the filter again; the log in the Server panel tells more.")


class JournalClosed(UserFacingError):
    """Asked after the server began to stop."""

    status = 503
    title = N_("The journal is closed")
    hint = N_("The server is stopping. Start it again.")
