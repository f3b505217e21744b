"""The picture of the topology: what leads where in a virtual host, live."""

from desktop.views.rabbitmq.topology.picture import TopologyPicture

__all__ = ["TopologyPicture"]
