"""What can be wrong with a filter, each with where it is and what to write instead."""

from embedded_server.contracts.problems import N_, UserFacingError


class FilterError(UserFacingError):
    """A filter that cannot be understood: ``length`` characters from ``position`` on are at fault."""

    status = 422
    title = N_("The filter cannot be understood")
    hint = N_("Look at the marked place.")

    def __init__(self, position: int, length: int, **params: str | float) -> None:
        self.position = position
        self.length = length
        super().__init__(detail="", **params)
