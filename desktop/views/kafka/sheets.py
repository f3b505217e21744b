"""The forms of the panel and the acts that open them: produce, create, alter, purge, delete, copy, reset, schemas."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_record import SeenRecord
from desktop.core.kafka_spots import Place, Spot
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.copy.sheet import CopySheet
from desktop.views.kafka.groups.destroy import DestroyGroupSheet
from desktop.views.kafka.groups.reset import ResetSheet
from desktop.views.kafka.produce.sheet import ProduceSheet
from desktop.views.kafka.schemas.sheet import SchemasSheet
from desktop.views.kafka.topics.alter import AlterTopicSheet
from desktop.views.kafka.topics.create import CreateTopicSheet
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.one_sheet import OneSheet
from desktop.views.widgets.place_acts import PlaceActs
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import From, GroupDetail, GroupMember, ProduceOutcome, SchemaUsed, Start, TopicDetail, TopicInfo

Now = Callable[[], tuple[Connection, Spot, TopicDetail | GroupDetail | None] | None]
TOPIC: Final = frozenset({Place.TOPIC})
GROUP: Final = frozenset({Place.GROUP})


class KafkaSheets(OneSheet[KafkaService]):
    """Tells the panel what its forms have done."""

    changed = Signal()
    """Something of the cluster was changed by a form."""
    created = Signal(object)
    """The `Spot` of the topic that a form has created."""
    job_began = Signal()
    produced = Signal(object)
    """A `ProduceOutcome`, or the `Job` that produces many."""
    schemas_changed = Signal()

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices)
        self._now: Now = lambda: None
        self._all_targets: Callable[[], Sequence[Connection]] = lambda: ()

    def add_acts(self, acts: PlaceActs[Place], now: Now) -> None:
        """Make the acts; *now* answers what is looked at."""
        self._now = now
        acts.add(tr("Create a topic…"), self.open_create, keys="Ctrl+Shift+N", icon="ph.plus", changes=True)
        acts.add(tr("Change the chosen topic…"), self.open_alter, keys="F2", icon="ph.pencil-simple", changes=True, places=TOPIC)
        acts.add(tr("Copy records of the chosen topic…"), self.open_copy, keys="Ctrl+Shift+D", icon="ph.copy-simple", places=TOPIC)
        acts.add(tr("Purge the chosen topic…"), lambda: self._open_destroy(purge=True), icon="ph.eraser", changes=True, places=TOPIC)
        acts.add(tr("Delete the chosen topic…"), lambda: self._open_destroy(purge=False), icon="ph.trash", changes=True, places=TOPIC)
        acts.add(
            tr("Set the chosen group's offsets…"), self._open_reset_now, keys="Ctrl+Shift+G", icon="ph.clock", changes=True, places=GROUP
        )
        acts.add(tr("Delete the chosen group…"), self._open_destroy_group_now, icon="ph.trash", changes=True, places=GROUP)
        tip = tr("The Schema Registry's schemas, and your own")
        acts.add(tr("Schemas…"), self.open_schemas, keys="Ctrl+Shift+S", icon="ph.brackets-curly", tip=tip)

    # -- opening

    def open_produce(self, connection: Connection, topic: str) -> None:
        """Open the form that produces, addressed to *topic*."""
        self._only(ProduceSheet).open_to(connection, topic)

    def start_again(self, connection: Connection, seq: int) -> None:
        """Open the form that produces, filled with a record of the journal, byte for byte."""

        async def open_it() -> None:
            record = await self._service.record(connection.id, seq)
            self._only(ProduceSheet).open_to(connection, record.topic, record)

        self._jobs.start("again", open_it(), self._notices.from_exception)

    def open_create(self) -> None:
        """Open the form that creates a topic."""
        if (now := self._now()) is not None:
            self._only(CreateTopicSheet).open_to(now[0])

    def open_alter(self) -> None:
        """Open the form that changes the chosen topic."""
        now = self._now()
        if now is not None and isinstance(now[2], TopicDetail):
            self._only(AlterTopicSheet).open_to(now[0], now[2])

    def open_copy(self, seen: SeenRecord | None = None) -> None:
        """Open the form that copies the chosen topic's records; from *seen* on in its partition, where that is given."""
        now = self._now()
        if now is None or (now[1].place is not Place.TOPIC and seen is None):
            return
        sheet, targets = self._only(CopySheet), self._targets(now[0])
        if seen is None:
            sheet.open_to(now[0], now[1].name, targets=targets)
        else:
            sheet.open_to(now[0], seen.topic, [seen.partition], Start(From.OFFSET, offset=seen.offset), targets)

    def set_targets(self, targets: Callable[[], Sequence[Connection]]) -> None:
        """Take what answers the connections that records can be copied to."""
        self._all_targets = targets

    def _targets(self, here: Connection) -> list[Connection]:
        return [one for one in self._all_targets() if one.id != here.id]

    def open_schemas(self, used: SchemaUsed | None = None) -> None:
        """Open the schemas, at the one that a record was read with where that is given."""
        if (now := self._now()) is not None:
            sheet = self._only(SchemasSheet)
            if used is None:
                sheet.open_to(now[0])
            else:
                sheet.look_up(now[0], used)

    def open_reset(self, detail: GroupDetail) -> None:
        """Open the form that sets a group's offsets."""
        if (now := self._now()) is not None:
            self._only(ResetSheet).open_to(now[0], detail)

    def open_destroy_group(self, detail: GroupDetail, member: GroupMember | None = None) -> None:
        """Ask about deleting a group, or taking a member out of it."""
        if (now := self._now()) is not None:
            self._only(DestroyGroupSheet).open_to(now[0], detail, member)

    def _open_reset_now(self) -> None:
        now = self._now()
        if now is not None and isinstance(now[2], GroupDetail):
            self.open_reset(now[2])

    def _open_destroy_group_now(self) -> None:
        now = self._now()
        if now is not None and isinstance(now[2], GroupDetail):
            self.open_destroy_group(now[2])

    def _open_destroy(self, *, purge: bool) -> None:
        now = self._now()
        if now is not None and now[1].place is Place.TOPIC:
            records = now[2].topic.messages if isinstance(now[2], TopicDetail) else None
            self._only(DestroyTopicSheet).open_to(now[0], now[1].name, records, purge=purge)

    # -- the inside

    def _connect(self, sheet: ConnectionSheet) -> None:
        sheet.done.connect(self._on_done)
        if isinstance(sheet, ProduceSheet | CopySheet):
            sheet.job_started.connect(lambda _: self.job_began.emit())
        if isinstance(sheet, ProduceSheet):
            sheet.schemas_requested.connect(self.open_schemas)
            sheet.done.connect(self._on_produced)
        if isinstance(sheet, SchemasSheet):
            sheet.changed.connect(self._on_schemas_changed)
        if isinstance(sheet, CreateTopicSheet):
            sheet.done.connect(self._on_created)

    def _on_done(self, _: object) -> None:
        self.changed.emit()

    def _on_schemas_changed(self) -> None:
        """A form that is filled half offers the new ones too."""
        for sheet in self._made.values():
            if isinstance(sheet, ProduceSheet):
                sheet.look_at_schemas()
        self.schemas_changed.emit()

    def _on_produced(self, answer: object) -> None:
        if isinstance(answer, ProduceOutcome | Job):
            self.produced.emit(answer)

    def _on_created(self, answer: object) -> None:
        if isinstance(answer, TopicInfo):
            self.created.emit(Spot(Place.TOPIC, answer.name))
