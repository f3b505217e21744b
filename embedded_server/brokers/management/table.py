"""The one list of the management API's routes."""

from embedded_server.brokers.management import (
    accounts,
    bindings,
    clients,
    definitions,
    exchanges,
    messages,
    overview,
    queues,
    topic_permissions,
    vhosts,
)
from embedded_server.brokers.management.access import Needs
from embedded_server.brokers.management.router import Route


def routes() -> list[Route]:
    """All of them."""
    return [*_general(), *_accounts(), *_topology(), *_clients()]


def _general() -> list[Route]:
    return [
        Route("GET", "overview", overview.get_overview),
        Route("GET", "cluster-name", overview.get_cluster_name),
        Route("GET", "nodes", overview.list_nodes, Needs.MONITOR),
        Route("GET", "nodes/{}", overview.get_node, Needs.MONITOR),
        Route("GET", "whoami", accounts.who_am_i),
        Route("GET", "aliveness-test/{}", overview.is_alive),
        Route("GET", "health/checks/alarms", overview.check_alarms),
        Route("GET", "health/checks/local-alarms", overview.check_alarms),
        Route("GET", "health/checks/virtual-hosts", overview.check_vhosts),
        Route("GET", "health/checks/port-listener/{}", overview.check_port),
        Route("GET", "health/checks/protocol-listener/{}", overview.check_protocol),
        Route("GET", "definitions", definitions.export_all, Needs.ADMINISTRATOR),
        Route("POST", "definitions", definitions.import_all, Needs.ADMINISTRATOR),
        Route("GET", "definitions/{}", definitions.export_vhost, Needs.ADMINISTRATOR),
        Route("POST", "definitions/{}", definitions.import_vhost, Needs.ADMINISTRATOR),
        Route("GET", "extensions", overview.list_nothing),
        Route("GET", "feature-flags", overview.list_nothing),
        Route("GET", "policies", overview.list_nothing),
        Route("GET", "policies/{}", overview.list_nothing),
        Route("GET", "operator-policies", overview.list_nothing),
        Route("GET", "parameters", overview.list_nothing, Needs.POLICYMAKER),
        Route("GET", "global-parameters", overview.list_nothing, Needs.POLICYMAKER),
        Route("GET", "vhost-limits", overview.list_nothing),
        Route("GET", "user-limits", overview.list_nothing),
    ]


def _accounts() -> list[Route]:
    admin = Needs.ADMINISTRATOR
    return [
        Route("GET", "vhosts", vhosts.list_vhosts),
        Route("GET", "vhosts/{}", vhosts.get_vhost),
        Route("PUT", "vhosts/{}", vhosts.put_vhost, admin),
        Route("DELETE", "vhosts/{}", vhosts.delete_vhost, admin),
        Route("GET", "vhosts/{}/permissions", accounts.list_vhost_permissions, admin),
        Route("GET", "vhosts/{}/connections", clients.list_vhost_connections),
        Route("GET", "vhosts/{}/channels", clients.list_vhost_channels),
        Route("GET", "users", accounts.list_users, admin),
        Route("GET", "users/{}", accounts.get_user, admin),
        Route("PUT", "users/{}", accounts.put_user, admin),
        Route("DELETE", "users/{}", accounts.delete_user, admin),
        Route("GET", "users/{}/permissions", accounts.list_user_permissions, admin),
        Route("GET", "permissions", accounts.list_permissions, admin),
        Route("GET", "permissions/{}/{}", accounts.get_permission, admin),
        Route("PUT", "permissions/{}/{}", accounts.put_permission, admin),
        Route("DELETE", "permissions/{}/{}", accounts.delete_permission, admin),
        Route("GET", "users/{}/topic-permissions", topic_permissions.list_user_topic_permissions, admin),
        Route("GET", "vhosts/{}/topic-permissions", topic_permissions.list_vhost_topic_permissions, admin),
        Route("GET", "topic-permissions", topic_permissions.list_topic_permissions, admin),
        Route("GET", "topic-permissions/{}/{}", topic_permissions.get_topic_permissions, admin),
        Route("PUT", "topic-permissions/{}/{}", topic_permissions.put_topic_permissions, admin),
        Route("DELETE", "topic-permissions/{}/{}", topic_permissions.delete_topic_permissions, admin),
        Route("DELETE", "topic-permissions/{}/{}/{}", topic_permissions.delete_topic_permissions, admin),
    ]


def _topology() -> list[Route]:
    return [
        Route("GET", "queues", queues.list_queues),
        Route("GET", "queues/{}", queues.list_queues),
        Route("GET", "queues/{}/{}", queues.get_queue),
        Route("PUT", "queues/{}/{}", queues.put_queue),
        Route("DELETE", "queues/{}/{}", queues.delete_queue),
        Route("DELETE", "queues/{}/{}/contents", queues.purge_queue),
        Route("POST", "queues/{}/{}/actions", queues.act_on_queue),
        Route("POST", "queues/{}/{}/get", messages.get_messages),
        Route("GET", "queues/{}/{}/bindings", bindings.list_bindings_to_queue),
        Route("GET", "exchanges", exchanges.list_exchanges),
        Route("GET", "exchanges/{}", exchanges.list_exchanges),
        Route("GET", "exchanges/{}/{}", exchanges.get_exchange),
        Route("PUT", "exchanges/{}/{}", exchanges.put_exchange),
        Route("DELETE", "exchanges/{}/{}", exchanges.delete_exchange),
        Route("POST", "exchanges/{}/{}/publish", messages.publish),
        Route("GET", "exchanges/{}/{}/bindings/source", bindings.list_bindings_from),
        Route("GET", "exchanges/{}/{}/bindings/destination", bindings.list_bindings_to_exchange),
        Route("GET", "bindings", bindings.list_bindings),
        Route("GET", "bindings/{}", bindings.list_bindings),
        Route("GET", "bindings/{}/e/{}/{}/{}", bindings.list_bindings_between),
        Route("POST", "bindings/{}/e/{}/{}/{}", bindings.post_binding),
        Route("GET", "bindings/{}/e/{}/{}/{}/{}", bindings.get_binding),
        Route("DELETE", "bindings/{}/e/{}/{}/{}/{}", bindings.delete_binding),
    ]


def _clients() -> list[Route]:
    return [
        Route("GET", "connections", clients.list_connections),
        Route("GET", "connections/{}", clients.get_connection),
        Route("DELETE", "connections/{}", clients.close_connection),
        Route("GET", "connections/{}/channels", clients.list_connection_channels),
        Route("GET", "channels", clients.list_channels),
        Route("GET", "channels/{}", clients.get_channel),
        Route("GET", "consumers", clients.list_consumers),
        Route("GET", "consumers/{}", clients.list_consumers),
    ]
