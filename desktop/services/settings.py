"""What the window remembers: one INI file in the data directory, with typed properties for what the frame itself uses."""

from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from PySide6.QtCore import QByteArray, QLocale, QObject, QSettings, Signal

from desktop.core.formatting import TimeDisplay, set_time_display
from desktop.core.i18n import LANGUAGES

T = TypeVar("T", str, int, float, bool, list[str], list[int])


class ThemeMode(StrEnum):
    """Which theme the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Settings(QObject):
    """Settings and window state. A key is ``group/name``; a panel's own group is its ``PanelSpec.key``."""

    changed = Signal(str)
    """The key whose value is now another."""

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_dir = data_dir
        self._store = QSettings(str(data_dir / "window.ini"), QSettings.Format.IniFormat)
        self._overrides: dict[str, Any] = {}
        set_time_display(self.time_display)

    def override(self, key: str, value: Any) -> None:
        """Let *value* (from the command line) stand for *key* in this run, without keeping it."""
        self._overrides[key] = value

    def value(self, key: str, default: T) -> T:
        """Answer the kept value in the type of *default*, or *default* where there is none or it makes no sense."""
        if key in self._overrides:
            return cast(T, self._overrides[key])
        stored = self._store.value(key)
        return default if stored is None else cast(T, _like(default, stored))

    def set_value(self, key: str, value: str | float | list[str] | list[int]) -> None:
        """Keep *value* and say so."""
        self._overrides.pop(key, None)
        self._store.setValue(key, value)
        self.changed.emit(key)

    def blob(self, key: str) -> QByteArray:
        """Answer kept bytes, such as a splitter's or a header's state; empty where there are none."""
        stored = self._store.value(key)
        return stored if isinstance(stored, QByteArray) else QByteArray()

    def set_blob(self, key: str, value: QByteArray) -> None:
        """Keep bytes; no signal, since nobody else lives by them."""
        self._store.setValue(key, value)

    def sync(self) -> None:
        """Write to disk what is not written yet."""
        self._store.sync()

    @property
    def theme_mode(self) -> ThemeMode:
        """The theme the user chose."""
        return ThemeMode(_one_of(self.value("look/theme", "system"), list(ThemeMode), ThemeMode.SYSTEM))

    @theme_mode.setter
    def theme_mode(self, mode: ThemeMode) -> None:
        self.set_value("look/theme", mode.value)

    @property
    def language(self) -> str:
        """A key of `LANGUAGES`."""
        return _one_of(self.value("look/language", ""), list(LANGUAGES), system_language())

    @language.setter
    def language(self, language: str) -> None:
        self.set_value("look/language", language)

    @property
    def time_display(self) -> TimeDisplay:
        """How times are written."""
        return TimeDisplay(utc=self.value("look/utc", False), relative=self.value("look/relative", False))

    @time_display.setter
    def time_display(self, display: TimeDisplay) -> None:
        self._store.setValue("look/utc", display.utc)
        self._store.setValue("look/relative", display.relative)
        set_time_display(display)
        self.changed.emit("look/time")

    @property
    def stay_signed_in(self) -> bool:
        """Whether the user wants the session kept in the keyring."""
        return self.value("session/stay", False)

    @stay_signed_in.setter
    def stay_signed_in(self, stay: bool) -> None:
        self.set_value("session/stay", stay)

    @property
    def account(self) -> str:
        """The name last signed in with."""
        return self.value("session/account", "")

    @account.setter
    def account(self, name: str) -> None:
        self.set_value("session/account", name)

    @property
    def last_panel(self) -> str:
        """The key of the panel last shown."""
        return self.value("window/panel", "")

    @last_panel.setter
    def last_panel(self, key: str) -> None:
        self.set_value("window/panel", key)


def system_language() -> str:
    """Answer the language to begin with: the system's where there is a translation, else English."""
    wanted = QLocale.system().uiLanguages()
    chinese = ("zh-TW", "zh-Hant", "zh-HK")
    return "zh_TW" if wanted and wanted[0].startswith(chinese) else "en"


def _one_of(value: str, known: list[Any], default: str) -> str:
    return value if value in known else default


def _like(default: Any, stored: Any) -> Any:
    """INI files keep everything as text: bring *stored* back to the type of *default*."""
    try:
        if isinstance(default, bool):
            return stored in {True, "true", "1"}
        if isinstance(default, list):
            items = stored if isinstance(stored, list) else [stored]
            convert = int if default and isinstance(default[0], int) else str
            return [convert(item) for item in items if item != ""]
        return type(default)(stored)
    except (TypeError, ValueError):
        return default
