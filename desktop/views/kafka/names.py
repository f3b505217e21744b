"""Names that are in a Kafka cluster, to complete what is typed."""

from desktop.core.i18n import tr, trn
from desktop.services.kafka import KafkaService
from desktop.views.widgets.name_line import MOST_OFFERS, Ask, Offer
from embedded_server.contracts.kafka import LocalSchema


def topics_of(service: KafkaService, connection: str) -> Ask:
    """Complete the names of topics: the server is asked for those that match alone, as there may be thousands."""

    async def ask(typed: str) -> list[Offer]:
        page = await service.topics(connection, search=typed, page_size=MOST_OFFERS)
        return [(topic.name, trn("1 partition", "{n} partitions", topic.partitions)) for topic in page.topics]

    return ask


def schemas_of(service: KafkaService, connection: str, own: list[LocalSchema]) -> Ask:
    """Complete schemas: the user's own by their names, then the subjects of the Schema Registry."""

    async def ask(typed: str) -> list[Offer]:
        mine = [(schema.name, tr("own")) for schema in own if typed.casefold() in schema.name.casefold()]
        subjects = await service.subjects(connection, search=typed)
        return mine + [(one.subject, tr("version {n}", n=one.version)) for one in subjects]

    return ask
