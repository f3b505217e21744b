"""What can go wrong with accounts and sessions, in the user's words."""

from embedded_server.contracts.problems import N_, UserFacingError


class NotSignedIn(UserFacingError):
    """The request carries no token."""

    status = 401
    title = N_("You are not signed in")
    hint = N_("Sign in, and send the token as “Authorization: Bearer …”.")


class SessionEnded(UserFacingError):
    """The token is unknown: it expired, was signed out, or never existed. Which of them is not told."""

    status = 401
    title = N_("Your session has ended")
    hint = N_("Sign in again.")


class WrongCredentials(UserFacingError):
    """Name or password is wrong. Which of them is not told."""

    status = 401
    title = N_("Name or password is wrong")
    hint = N_("Check both, and whether Caps Lock is on.")


class TooManyAttempts(UserFacingError):
    """Too many sign-ins failed; the answer carries ``Retry-After``."""

    status = 429
    title = N_("Too many failed attempts to sign in")
    hint = N_("Wait {seconds} seconds, then try again.")

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after_s = seconds


class PasswordTooShort(UserFacingError):
    """The password is below the minimum."""

    status = 422
    title = N_("The password is too short")
    hint = N_("Use at least {minimum} characters; several words are easy to keep in mind.")


class PasswordTooLong(UserFacingError):
    """The password is beyond what is hashed."""

    status = 422
    title = N_("The password is too long")
    hint = N_("Use at most {maximum} characters.")


class PasswordIsName(UserFacingError):
    """The password is the account's name."""

    status = 422
    title = N_("The password is the same as the name")
    hint = N_("Choose a password that nobody guesses from the name.")


class BadName(UserFacingError):
    """The account's name cannot be used."""

    status = 422
    title = N_("This name cannot be used")
    hint = N_("Use 1 to {maximum} visible characters.")


class NameTaken(UserFacingError):
    """An account of this name exists."""

    status = 409
    title = N_("There is an account named “{name}” already")
    hint = N_("Sign in to it, or choose another name.")


class FirstAccountExists(UserFacingError):
    """Somebody without a token tries to create an account after the first."""

    status = 401
    title = N_("This server has an account already")
    hint = N_("Sign in. A signed-in user, or “switchroom user add”, can create further accounts.")


class SessionsUnwritable(UserFacingError):
    """The accounts' database cannot be written."""

    status = 500
    title = N_("Accounts cannot be kept in {path}")
    hint = N_("Check that the folder can be written and that its disk has room.")
