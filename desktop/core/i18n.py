"""Every string the user sees goes through here: ``tr("Enqueue task")``, or ``trn`` where a number decides the form.

Catalogues are gettext's, in ``resources/translations/<language>/LC_MESSAGES/switchroom.{po,mo}``; English is the source text itself.
Strings that stand where they cannot be translated yet (a class attribute, a table of columns) are marked with ``N_`` and go through
``tr`` when they are shown.
"""

import gettext
from importlib import resources
from typing import Final

from embedded_server.contracts.problems import N_

__all__ = ["LANGUAGES", "N_", "language", "set_language", "tr", "trn"]

LANGUAGES: Final = {"en": "English", "zh_TW": "繁體中文"}


class _Current:
    language = "en"
    catalogue: gettext.NullTranslations = gettext.NullTranslations()


def set_language(language: str) -> None:
    """Speak *language* from now on; a widget that is already built keeps its text until it is built again."""
    _Current.language = language
    _Current.catalogue = gettext.NullTranslations()
    if language != "en":
        path = resources.files("resources") / "translations" / language / "LC_MESSAGES" / "switchroom.mo"
        with path.open("rb") as file:
            _Current.catalogue = gettext.GNUTranslations(file)


def language() -> str:
    """Answer the language in use, a key of `LANGUAGES`."""
    return _Current.language


def tr(text: str, **params: object) -> str:
    """Translate *text*, then fill its ``{name}`` fields."""
    translated = _Current.catalogue.gettext(text) if text else ""
    return translated.format_map(params) if params else translated


def trn(one: str, many: str, n: int, **params: object) -> str:
    """Translate the form that *n* asks for; ``{n}`` in it is the number, with separators."""
    return _Current.catalogue.ngettext(one, many, n).format_map({"n": f"{n:,}", **params})
