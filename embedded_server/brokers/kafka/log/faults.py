"""Why the log would not do what a client asked, as the protocol says it."""

from embedded_server.brokers.kafka.errors import ErrorCode


class LogFault(Exception):
    """A request the log refuses: the error *code* that goes back to the client, and what is wrong in words."""

    def __init__(self, code: ErrorCode, why: str = "") -> None:
        super().__init__(why or code.name)
        self.code = code
