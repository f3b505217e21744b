"""What tasks may have to tell the user."""

from embedded_server.contracts.problems import N_, UserFacingError


class BrokerUnreachable(UserFacingError):
    """No connection to the broker, so nothing was sent."""

    status = 502
    title = N_("No broker answers at {address}")
    hint = N_("Nothing was sent. Check that the broker runs (the Server panel can restart the embedded one), then try again.")


class BrokerRefused(UserFacingError):
    """The broker answered, and said no."""

    status = 502
    title = N_("The broker refused: {reason}")
    hint = N_("Nothing was sent. Check the queue's name and how it is declared, and what this user may do on the broker.")


class NotConfirmed(UserFacingError):
    """The connection was lost between sending and the broker's confirm."""

    status = 504
    title = N_("The broker at {address} did not confirm the task")
    hint = N_("It may have it or not. Look for {id} in the task list before sending again.")


class UnknownTaskName(UserFacingError):
    """No worker has registered the name."""

    status = 404
    title = N_("No worker online knows a task named “{name}”")
    hint = N_("{near} To send it anyway, for a worker that is offline, set allow_unknown.")


class NoSuchTask(UserFacingError):
    """The projection has no task of this id."""

    status = 404
    title = N_("There is no task {id}")
    hint = N_("Check the id. A task shows once it was sent from here, or once a worker that sends events has received it.")


class TaskOver(UserFacingError):
    """A finished task cannot be revoked."""

    status = 409
    title = N_("The task has already ended: {state}")
    hint = N_("Only tasks that wait or run can be revoked.")


class NoWorkerAnswered(UserFacingError):
    """A control command reached nobody."""

    status = 503
    title = N_("No worker answered")
    hint = N_("Workers keep revoked ids in memory, so one has to be online. Check the worker in the Server panel, then try again.")


class UnknownSignal(UserFacingError):
    """A signal that does not exist, or that would not end a task."""

    status = 422
    title = N_("“{signal}” is no signal that ends a task")
    hint = N_("Use SIGTERM, or SIGKILL for a task that does not react to it.")


class InvalidSchedule(UserFacingError):
    """Countdown, ETA, priority or queue make no sense."""

    status = 422
    title = N_("The task cannot be sent like this: {what}")
    hint = N_("{remedy}")


class InvalidArguments(UserFacingError):
    """The task's arguments are not JSON, or not of the shape a task takes."""

    status = 422
    title = N_("The arguments are not understood: {what}, at {where}")
    hint = N_("{remedy}")
