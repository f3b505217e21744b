from desktop.core.problems import ApiError, ServerUnreachable, hint_of, problem_of, title_of
from embedded_server.contracts.problems import N_, ProblemDetails, UserFacingError


class QueueGone(UserFacingError):
    title = N_("The queue {name} is gone")
    hint = N_("Declare it again.")


def test_a_user_facing_error_tells_its_own_words() -> None:
    problem = problem_of(QueueGone(name="orders"))
    assert problem is not None
    assert (title_of(problem), hint_of(problem)) == ("The queue orders is gone", "Declare it again.")


def test_an_answers_finished_text_stands_in_where_its_template_does_not_fit() -> None:
    problem = ProblemDetails("urn:x", "Finished", 400, hint="Try", title_template="{missing}", hint_template="{0}")
    assert (title_of(problem), hint_of(problem)) == ("Finished", "Try")


def test_braces_in_what_a_user_typed_are_no_fields() -> None:
    problem = ProblemDetails("urn:x", "", 400, title_template="No task is named {name}", params={"name": "{evil}"})
    assert title_of(problem) == "No task is named {evil}"


def test_an_unreachable_server_is_an_api_error_with_its_address() -> None:
    exc = ServerUnreachable("http://127.0.0.1:9")
    assert isinstance(exc, ApiError)
    assert "127.0.0.1:9" in title_of(exc.problem)


def test_other_exceptions_are_not_for_the_user() -> None:
    assert problem_of(ValueError("x")) is None
