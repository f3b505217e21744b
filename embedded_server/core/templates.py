"""What the user keeps under names to send again, in one private file: messages of RabbitMQ, records of Kafka."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.filling_problems import TemplateInvalid, TemplateNotFound, TemplatesUnwritable, TooManyTemplates
from embedded_server.core.json_store import JsonStore

MAX_TEMPLATES: Final = 500
MAX_NAME_CHARS: Final = 80
VERSION: Final = 1


class Template(Protocol):
    """A frozen dataclass with a name."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """The name it is kept under."""


T = TypeVar("T", bound=Template)


class Templates(Generic[T]):
    """The list, in the order of names."""

    def __init__(self, path: Path, read: Callable[[dict[str, Any]], T], *, too_large: type[UserFacingError]) -> None:
        self._read = read
        """Makes one of what stands in the file."""
        self._too_large = too_large
        """Raised where a number in one does not fit into the file."""
        self._file = JsonStore(path)
        self._templates: dict[str, T] | None = None
        self._changing = asyncio.Lock()

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    async def all(self) -> list[T]:
        """Answer every template. Raises `TemplatesUnwritable` where the file cannot be read."""
        async with self._changing:
            return _sorted(await self._loaded())

    async def save(self, template: T) -> list[T]:
        """Keep a template, instead of an older one of its name."""
        name = template.name.strip()
        if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
            raise TemplateInvalid(name=template.name[:MAX_NAME_CHARS])
        async with self._changing:
            templates = {**await self._loaded(), name: replace(template, name=name)}
            if len(templates) > MAX_TEMPLATES:
                raise TooManyTemplates(most=MAX_TEMPLATES)
            return await self._kept(templates)

    async def remove(self, name: str) -> list[T]:
        """Forget a template. Raises `TemplateNotFound`."""
        async with self._changing:
            templates = dict(await self._loaded())
            if templates.pop(name, None) is None:
                raise TemplateNotFound(name=name[:MAX_NAME_CHARS])
            return await self._kept(templates)

    async def _loaded(self) -> dict[str, T]:
        if self._templates is None:
            try:
                self._templates = await asyncio.to_thread(self._file.load, self._all_of, dict[str, T]())
            except OSError as exc:
                raise TemplatesUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        return self._templates

    async def _kept(self, templates: dict[str, T]) -> list[T]:
        value = {"version": VERSION, "templates": [asdict(template) for template in _sorted(templates)]}
        try:
            await asyncio.to_thread(self._file.save, value)
        except TypeError as exc:
            raise self._too_large from exc
        except OSError as exc:
            raise TemplatesUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        self._templates = templates
        return _sorted(templates)

    def _all_of(self, value: dict[str, Any]) -> dict[str, T]:
        templates = [self._read(entry) for entry in value["templates"]]
        return {template.name: template for template in templates}


def _sorted(templates: dict[str, T]) -> list[T]:
    return sorted(templates.values(), key=lambda template: template.name.casefold())
