"""What may go wrong with streams and the hub, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError


class StreamNotFound(UserFacingError):
    """No stream has this id."""

    status = 404
    title = N_("There is no stream {id}")
    hint = N_("It may have been deleted. GET /streams lists those there are.")


class StreamNameTaken(UserFacingError):
    """Two streams may not share a name: it is their connection in the journal."""

    status = 409
    title = N_("Another stream is already called “{name}”")
    hint = N_("Choose another name: it tells the streams' events apart.")


class StreamNameInvalid(UserFacingError):
    """A name that cannot tell a stream's events apart."""

    status = 422
    title = N_("A stream cannot be called “{name}”")
    hint = N_("Use 1 to 80 characters on one line.")


class StreamUrlInvalid(UserFacingError):
    """No URL, or one of another protocol."""

    status = 422
    title = N_("“{url}” is not a URL this kind of stream can open")
    hint = N_("Write it as {example}.")


class StreamMethodInvalid(UserFacingError):
    """An HTTP method is one word."""

    status = 422
    title = N_("“{method}” is not an HTTP method")
    hint = N_("Use GET or POST, mostly. A WebSocket is always opened with GET and without a body.")


class StreamHeaderInvalid(UserFacingError):
    """A header that cannot be sent."""

    status = 422
    title = N_("The header “{name}” cannot be sent")
    hint = N_("Its name is one word of ASCII, its value one line, and Host, Content-Length and the handshake's own are set by Switchroom.")


class SubprotocolInvalid(UserFacingError):
    """A subprotocol is a token."""

    status = 422
    title = N_("“{name}” is not a subprotocol")
    hint = N_("It is one word of letters, digits and marks such as . - _, and only a WebSocket has one.")


class SecretsNeeded(UserFacingError):
    """Stored secrets are not taken to another host unasked."""

    status = 422
    title = N_("The hidden values of “{name}” are not taken to another host")
    hint = N_("Type the hidden values of its URL and headers again, or leave them out.")


class TooManyStreams(UserFacingError):
    """The list of streams is full."""

    status = 409
    title = N_("There are already {most} streams")
    hint = N_("Delete one you no longer need.")


class StreamNotOpen(UserFacingError):
    """Only an open WebSocket can send."""

    status = 409
    title = N_("“{name}” is not open")
    hint = N_("Open it, then send again. What you typed was not sent.")


class StreamCannotSend(UserFacingError):
    """Server-Sent Events go one way."""

    status = 409
    title = N_("“{name}” only receives: Server-Sent Events go one way")
    hint = N_("Make a WebSocket stream to send messages.")


class MessageNotJson(UserFacingError):
    """A message said to be JSON is none."""

    status = 422
    title = N_("This is not JSON: {reason}")
    hint = N_("Look at line {line}, column {column}; or send it as text.")


class MessageNotBase64(UserFacingError):
    """A binary message travels as Base64."""

    status = 422
    title = N_("The binary message is not Base64")
    hint = N_("Use only A-Z, a-z, 0-9, + and /, padded with = to a multiple of four.")


class SendTimedOut(UserFacingError):
    """The other side does not read."""

    status = 504
    title = N_("“{name}” did not take the message within {seconds} s")
    hint = N_("The other side does not read. It may or may not get the message; close the stream and open it again.")


class StreamStoreUnwritable(UserFacingError):
    """The file of streams cannot be written."""

    status = 500
    title = N_("The list of streams cannot be written to {path}")
    hint = N_("Check that the folder belongs to you and that the disk has room. The change was not kept.")


class StreamProblem(UserFacingError):
    """Base of what ends a connection to a stream."""

    status = 502
    final = False
    """Whether trying again cannot help."""


class HostUnknown(StreamProblem):
    """The name does not resolve."""

    title = N_("No host is called {host}")
    hint = N_("Check the spelling of the URL, and that this machine can resolve names.")


class StreamUnreachable(StreamProblem):
    """Nothing accepts connections there."""

    title = N_("Nothing answers at {address}")
    hint = N_("Check the host and the port, and that the server runs.")


class StreamTimedOut(StreamProblem):
    """No answer in time."""

    title = N_("{address} did not answer within {seconds} s")
    hint = N_("The server may be overloaded, or a firewall drops the connection.")


class TlsFailed(StreamProblem):
    """No secure connection can be made."""

    final = True
    title = N_("No secure connection to {address}: {reason}")
    hint = N_("Check that the server speaks TLS on this port and that its certificate is valid for this name.")


class AnsweredWithStatus(StreamProblem):
    """The server answered, but not with a stream."""

    title = N_("The server answered {code} {phrase}")
    hint = N_("It may be busy or broken for the moment.")


class RequestRefused(AnsweredWithStatus):
    """A 4xx answer, which repeating the request does not change."""

    final = True
    hint = N_("Check the URL, the method and the body.")


class CredentialsRefused(AnsweredWithStatus):
    """A 401, 403 or 407 answer."""

    final = True
    hint = N_("Check the stream's credentials, such as its Authorization header.")


class NotAnEventStream(StreamProblem):
    """The content type is not ``text/event-stream``."""

    final = True
    title = N_("This is no event stream: the server answered with {content_type}")
    hint = N_("Check the URL. A stream of events has the content type text/event-stream.")


class TooManyRedirects(StreamProblem):
    """The URL leads in circles."""

    final = True
    title = N_("{address} redirects more than {most} times")
    hint = N_("Use the URL that the redirects should end at.")


class RedirectRefused(StreamProblem):
    """A redirect leads where the stream's headers must not go."""

    final = True
    title = N_("The server redirects to {address}")
    hint = N_("Use that URL itself, if you trust it with this stream's headers.")


class ConnectionBroke(StreamProblem):
    """It was open and ended without a farewell."""

    title = N_("The connection broke: {reason}")
    hint = N_("The server or the network ended it. With reconnection on it is opened again.")


class HandshakeFailed(StreamProblem):
    """The answer was no WebSocket handshake."""

    final = True
    title = N_("{address} does not speak WebSocket: {reason}")
    hint = N_("Check that the URL is a WebSocket's and not an ordinary page's.")


class SubprotocolRefused(StreamProblem):
    """Both sides share no subprotocol."""

    final = True
    title = N_("The server insists on another subprotocol than {offered}")
    hint = N_("Offer one the server knows, or none.")


class StreamEnded(StreamProblem):
    """The server finished the stream in good order."""

    title = N_("The server ended the stream")
    hint = N_("With reconnection on it is opened again.")


class StreamFinished(StreamProblem):
    """A 204 answer: do not come back."""

    final = True
    title = N_("The server said that the stream is over (204)")
    hint = N_("Open it again to ask once more.")


class ClosedWithCode(StreamProblem):
    """A WebSocket close frame."""

    title = N_("Closed with {code}: {reason}")
    hint = N_("The other side ended the connection. With reconnection on it is opened again.")


class MessageTooLarge(StreamProblem):
    """A WebSocket message beyond the bound."""

    final = True
    title = N_("A message was larger than {most_mb} MB")
    hint = N_("Switchroom keeps no larger messages. Ask the server for smaller ones.")


class TextNotUtf8(StreamProblem):
    """A WebSocket's text message that is none."""

    title = N_("A text message was not UTF-8: {reason}")
    hint = N_("The other side has to send such bytes as a binary message; WebSocket allows no other.")


class HubAccessMissing(StreamProblem):
    """A ``hub:`` stream needs the session of whoever opens it."""

    final = True
    title = N_("{url} is this server's own hub, which needs a session")
    hint = N_("Open the stream while signed in.")


class TopicNameInvalid(UserFacingError):
    """A topic may not be called so."""

    status = 422
    title = N_("A topic cannot be called “{name}”")
    hint = N_("Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.")


class TopicReserved(UserFacingError):
    """The server alone feeds this topic."""

    status = 409
    title = N_("Only the server posts to “{name}”")
    hint = N_("Post to a topic with a name of your own.")


class TopicsMissing(UserFacingError):
    """A subscription names at least one topic."""

    status = 422
    title = N_("No topic was named")
    hint = N_("Add ?topic=tasks, or several: ?topic=tasks&topic=server.")


class TooManyTopics(UserFacingError):
    """One subscription names too many topics."""

    status = 422
    title = N_("{count} topics are more than the {most} that one subscription may name")
    hint = N_("Open another connection for the rest.")


class TopicListFull(UserFacingError):
    """No further custom topics."""

    status = 409
    title = N_("There are already {most} topics")
    hint = N_("Post to one of those: GET /hub/topics lists them.")


class EventNameInvalid(UserFacingError):
    """An event's name stands on one line of the stream."""

    status = 422
    title = N_("An event's name cannot be “{name}”")
    hint = N_("Use 1 to 128 characters on one line; gap, reset and open are the hub's own.")


class HubFull(UserFacingError):
    """The hub has as many clients as it takes."""

    status = 503
    title = N_("The hub already has {most} clients")
    hint = N_("Close one of them, or subscribe to several topics over one connection.")


class HubStopped(UserFacingError):
    """The server is stopping."""

    status = 503
    title = N_("The hub is not running")
    hint = N_("The server is starting or stopping. Try again in a moment.")


class HubMessageInvalid(UserFacingError):
    """A client of the hub's WebSocket said something it does not understand."""

    status = 422
    title = N_("The hub does not understand this message")
    hint = N_('Send {{"op": "subscribe", "topics": ["tasks"]}} or {{"op": "unsubscribe", "topics": ["tasks"]}}.')
