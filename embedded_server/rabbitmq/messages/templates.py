"""The user's publish templates: messages kept under names, in one private file."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties, PublishTemplate
from embedded_server.core.json_store import JsonStore
from embedded_server.rabbitmq.messages.problems import (
    NumberTooLarge,
    TemplateInvalid,
    TemplateNotFound,
    TemplatesUnwritable,
    TooManyTemplates,
)

MAX_TEMPLATES: Final = 500
MAX_NAME_CHARS: Final = 80
VERSION: Final = 1


class Templates:
    """The list, in the order of names."""

    def __init__(self, path: Path) -> None:
        self._file = JsonStore(path)
        self._templates: dict[str, PublishTemplate] | None = None
        self._changing = asyncio.Lock()

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    async def all(self) -> list[PublishTemplate]:
        """Answer every template. Raises `TemplatesUnwritable` where the file cannot be read."""
        async with self._changing:
            return _sorted(await self._loaded())

    async def save(self, template: PublishTemplate) -> list[PublishTemplate]:
        """Keep a template, instead of an older one of its name."""
        name = template.name.strip()
        if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
            raise TemplateInvalid(name=template.name[:MAX_NAME_CHARS])
        async with self._changing:
            templates = {**await self._loaded(), name: PublishTemplate(name, template.message)}
            if len(templates) > MAX_TEMPLATES:
                raise TooManyTemplates(most=MAX_TEMPLATES)
            return await self._kept(templates)

    async def remove(self, name: str) -> list[PublishTemplate]:
        """Forget a template. Raises `TemplateNotFound`."""
        async with self._changing:
            templates = dict(await self._loaded())
            if templates.pop(name, None) is None:
                raise TemplateNotFound(name=name[:MAX_NAME_CHARS])
            return await self._kept(templates)

    async def _loaded(self) -> dict[str, PublishTemplate]:
        if self._templates is None:
            try:
                self._templates = await asyncio.to_thread(self._file.load, _read, dict[str, PublishTemplate]())
            except OSError as exc:
                raise TemplatesUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        return self._templates

    async def _kept(self, templates: dict[str, PublishTemplate]) -> list[PublishTemplate]:
        value = {"version": VERSION, "templates": [asdict(template) for template in _sorted(templates)]}
        try:
            await asyncio.to_thread(self._file.save, value)
        except TypeError as exc:
            raise NumberTooLarge from exc
        except OSError as exc:
            raise TemplatesUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        self._templates = templates
        return _sorted(templates)


def _sorted(templates: dict[str, PublishTemplate]) -> list[PublishTemplate]:
    return sorted(templates.values(), key=lambda template: template.name.casefold())


def _read(value: dict[str, Any]) -> dict[str, PublishTemplate]:
    templates = [PublishTemplate(str(entry["name"]), _message(entry["message"])) for entry in value["templates"]]
    return {template.name: template for template in templates}


def _message(value: dict[str, Any]) -> Message:
    return Message(
        vhost=str(value["vhost"]),
        exchange=str(value["exchange"]),
        routing_key=str(value["routing_key"]),
        body=str(value.get("body", "")),
        form=BodyForm(value.get("form", BodyForm.TEXT)),
        properties=Properties(**value.get("properties", {})),
        headers=[Header(str(one["name"]), FieldType(one["type"]), one.get("value")) for one in value.get("headers", [])],
        mandatory=bool(value.get("mandatory", True)),
    )
