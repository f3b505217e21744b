"""Names and passwords: what is refused is told with what to do."""

import pytest

from embedded_server.contracts.sessions import Credentials
from embedded_server.sessions.problems import BadName, PasswordIsName, PasswordTooLong, PasswordTooShort
from embedded_server.sessions.rules import check_new, name_key, tidy_name


def test_eight_characters_are_enough_whatever_they_are() -> None:
    check_new(Credentials("ada", "🔑 é ab zz"))


def test_short_password_is_refused_with_the_minimum() -> None:
    with pytest.raises(PasswordTooShort) as caught:
        check_new(Credentials("ada", "1234567"))
    assert "8 characters" in caught.value.problem().hint


def test_overlong_password_is_refused() -> None:
    with pytest.raises(PasswordTooLong):
        check_new(Credentials("ada", "x" * 257))


def test_password_may_not_be_the_name() -> None:
    with pytest.raises(PasswordIsName):
        check_new(Credentials("Ada Lovelace", "ada lovelace"))


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00b", "x" * 65, "\u202eada"])
def test_names_nobody_can_see_are_refused(name: str) -> None:
    with pytest.raises(BadName):
        check_new(Credentials(name, "long enough"))


@pytest.mark.parametrize(("one", "other"), [("Ada", "ada"), (" ada ", "ada"), ("ADA", "\uff41\uff44\uff41"), ("é", "e\u0301")])
def test_names_that_look_alike_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_name_keeps_its_own_writing() -> None:
    assert tidy_name("  Ada  ") == "Ada"
