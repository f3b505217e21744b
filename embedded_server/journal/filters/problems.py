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
        super().__init__(detail="", position=position, length=length, **params)


class UnknownFieldError(FilterError):
    """A word before a colon that is no field."""

    title = N_("Unknown field “{field}”")
    hint = N_("The fields are {fields}. Put text that has a colon in it in quotes.")


class MisspeltFieldError(FilterError):
    """A word before a colon that is nearly a field."""

    title = N_("Unknown field “{field}”: did you mean “{suggestion}”?")
    hint = N_("The fields are {fields}. Put text that has a colon in it in quotes.")


class UnknownKindError(FilterError):
    """A value of ``kind:`` that no event has."""

    title = N_("No event is of kind “{kind}”")
    hint = N_("The kinds are {kinds}.")


class MisspeltKindError(FilterError):
    """A value of ``kind:`` that is nearly one."""

    title = N_("No event is of kind “{kind}”: did you mean “{suggestion}”?")
    hint = N_("The kinds are {kinds}.")


class MissingValueError(FilterError):
    """A field or an operator with nothing behind it."""

    title = N_("Nothing stands after “{before}”")
    hint = N_('Write a value right behind it, such as status:FAILURE; status:"" asks for an empty one.')


class UnclosedQuoteError(FilterError):
    """A quotation mark without its partner."""

    title = N_("A quotation mark is not closed")
    hint = N_('Add a " where the text ends. Inside quotes, \\" is a quotation mark and \\\\ a backslash.')


class UnclosedGroupError(FilterError):
    """An opening parenthesis without its partner."""

    title = N_("A parenthesis is not closed")
    hint = N_("Add a ) where the group ends, or put the text in quotes.")


class UnopenedGroupError(FilterError):
    """A closing parenthesis without its partner."""

    title = N_("This parenthesis closes nothing")
    hint = N_("Remove it, or put the text in quotes.")


class EmptyGroupError(FilterError):
    """``()``."""

    title = N_("Nothing stands between the parentheses")
    hint = N_("Write a condition there, or remove them.")


class DanglingOperatorError(FilterError):
    """AND, OR or NOT with nothing to join or to negate."""

    title = N_("“{operator}” has nothing to work on")
    hint = N_("Write a condition on each side of AND and OR, and one behind NOT and -. In quotes it is text to look for.")


class TooLongError(FilterError):
    """More text than any filter needs."""

    title = N_("The filter is longer than {limit} characters")
    hint = N_("Shorten it; a wildcard or a regular expression often says the same.")


class TooComplexError(FilterError):
    """More conditions, or deeper nested ones, than SQLite should be asked."""

    title = N_("The filter has more than {limit} conditions, or is nested too deep")
    hint = N_("Shorten it; a wildcard or a regular expression often says the same.")


class NotANumberError(FilterError):
    """Something else where a number has to stand."""

    title = N_("“{value}” is no number")
    hint = N_("Write digits, such as 42 or 0.5.")


class NotASizeError(FilterError):
    """Something else where a size has to stand."""

    title = N_("“{value}” is no size")
    hint = N_("Write bytes, or a unit right behind the number: 500, 10kB, 2MiB.")


class NotADurationError(FilterError):
    """Something else where a duration has to stand."""

    title = N_("“{value}” is no duration")
    hint = N_("Write seconds, or a unit right behind the number: 0.5, 250ms, 3s, 2m.")


class NotATimeError(FilterError):
    """Something else where a time has to stand."""

    title = N_("“{value}” is no time")
    hint = N_("Write a clock time of today (14:30), a date (2026-11-24), both (2026-11-24T14:30), or an age (-5m, -2h, -1d).")


class NoOrderError(FilterError):
    """A comparison that the field does not know."""

    title = N_("“{field}” cannot be compared with {operator} {value}")
    hint = N_("Texts are compared as numbers only: status:>=400. Otherwise write the value alone, with * for any characters.")


class NoPatternError(FilterError):
    """A regular expression where a number is expected."""

    title = N_("“{field}” takes no regular expression")
    hint = N_("Compare it instead, such as {field}:>10.")


class UnclosedPatternError(FilterError):
    """A regular expression without its second slash."""

    title = N_("The regular expression is not closed")
    hint = N_("Add a / where it ends (inside it, write \\/ for a slash), or put the text in quotes.")


class BadPatternError(FilterError):
    """A regular expression that Python does not take."""

    title = N_("The regular expression is wrong here: {reason}")
    hint = N_("It is written as in Python's re module. In quotes it is text to look for.")


class EndlessPatternError(FilterError):
    """A regular expression that could take longer than anyone waits."""

    title = N_("This regular expression could take for ever")
    hint = N_("Do not repeat what is itself repeated, or alternatives that begin alike: write a+ for (a+)+.")


class BadPathError(FilterError):
    """A path into the body or the headers that leads nowhere."""

    title = N_("“{path}” is no path")
    hint = N_('Write names and indexes: body.order.id, body.items[0].sku, body."two words".x.')
