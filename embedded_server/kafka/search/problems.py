"""What may be wrong with a search."""

from embedded_server.contracts.problems import N_, UserFacingError


class NothingToSearchFor(UserFacingError):
    """Neither a text nor a filter."""

    status = 422
    title = N_("There is nothing to search for")
    hint = N_("Give a text, or a filter such as size:>1000.")


class SearchTextTooLong(UserFacingError):
    """More than anybody types."""

    status = 422
    title = N_("A text of {length} characters is too long to search for")
    hint = N_("Use at most {most}, or a filter.")
