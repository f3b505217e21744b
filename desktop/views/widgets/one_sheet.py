"""The forms of a panel: one is open at a time, and each is made when it is first asked for."""

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.services.notices import Notices
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.jobs import Jobs

ServiceT = TypeVar("ServiceT")
S = TypeVar("S", bound=ConnectionSheet)


class OneSheet(QObject, Generic[ServiceT]):
    """A subclass says in `_connect` what it wants to hear of a form, and opens them with `_only`."""

    def __init__(self, host: QWidget, service: ServiceT, notices: Notices) -> None:
        super().__init__(host)
        self._host = host
        self._service = service
        self._notices = notices
        self._made: dict[object, ConnectionSheet] = {}
        self._jobs = Jobs(self)

    def close_one(self) -> bool:
        """Close the form that is open; False where none is."""
        sheet = next((one for one in self._made.values() if one.is_open()), None)
        if sheet is not None:
            sheet.close_sheet()
        return sheet is not None

    def close_all(self) -> None:
        """Close what is open: another broker is looked at."""
        for sheet in self._made.values():
            sheet.close_sheet()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()
        for sheet in self._made.values():
            await sheet.stop()

    def _only(self, kind: Callable[[QWidget, ServiceT, Notices], S]) -> S:
        """Answer the form of a kind, with every other one closed."""
        for other, sheet in self._made.items():
            if other is not kind:
                sheet.close_sheet()
        made = cast("S | None", self._made.get(kind))
        if made is None:
            made = self._made[kind] = kind(self._host, self._service, self._notices)
            self._connect(made)
        return made

    def _connect(self, sheet: ConnectionSheet) -> None:
        """Hear of a form that was just made."""
