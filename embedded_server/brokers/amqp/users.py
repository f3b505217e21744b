"""Users, their passwords and tags, and what they may do in which virtual host."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from embedded_server.brokers.amqp.accounts import Accounts, Kept, KeptAccounts
from embedded_server.brokers.amqp.passwords import HASHING, hashed, is_password, require_hash
from embedded_server.brokers.amqp.permissions import Access, Permissions, TopicPermissions, check_pattern

IMPERSONATOR: Final = "impersonator"


class NoSuchUser(LookupError):
    """A user that does not exist was named."""


@dataclass(frozen=True, slots=True)
class User:
    """Who may connect."""

    name: str
    password_hash: str = ""
    """Base64 of a salt of four bytes and the digest of salt and password; empty where nobody can log in with a password."""
    hashing: str = HASHING
    tags: tuple[str, ...] = ()
    """RabbitMQ's are administrator, monitoring, policymaker, management and impersonator; others mean nothing here."""

    def knows(self, password: str) -> bool:
        """Whether *password* is the user's."""
        return is_password(password, self.password_hash, self.hashing)


class Users:
    """All users and permissions. ``on_change`` is called after each change of what somebody may do, or of who there is."""

    def __init__(self, accounts: Accounts, kept: KeptAccounts) -> None:
        self._accounts = accounts
        self.on_change: list[Callable[[], None]] = []
        self._users = {row.name: User(row.name, row.password_hash, row.hashing, row.tags) for row in kept.users}
        self._permissions = {(row.user, row.vhost): Permissions(row.configure, row.write, row.read) for row in kept.permissions}
        self._topics = {(row.user, row.vhost, row.exchange): TopicPermissions(row.write, row.read) for row in kept.topic_permissions}

    # -- users

    def all(self) -> list[User]:
        """Every user, by name."""
        return sorted(self._users.values(), key=lambda user: user.name)

    def get(self, name: str) -> User:
        """The user *name*; raises ``NoSuchUser``."""
        user = self._users.get(name)
        if user is None:
            raise NoSuchUser(name)
        return user

    def authenticate(self, name: str, password: str) -> User | None:
        """The user *name*, where *password* is theirs."""
        user = self._users.get(name)
        return user if user is not None and user.knows(password) else None

    def put(
        self, name: str, *, password: str | None = None, password_hash: str = "", hashing: str = HASHING, tags: Iterable[str] = ()
    ) -> User:
        """Make the user *name*, or change password and tags. Without password and hash nobody can log in as them.

        Raises ``BadPasswordHash`` for a hash that cannot be one.
        """
        if password:
            password_hash, hashing = hashed(password), HASHING
        elif password_hash:
            require_hash(password_hash, hashing)
        user = User(name, password_hash, hashing, tuple(dict.fromkeys(tags)))
        self._users[name] = user
        self._accounts.save_user(Kept.User(name, user.password_hash, user.hashing, user.tags))
        self._changed()
        return user

    def set_tags(self, name: str, tags: Iterable[str]) -> None:
        """Replace a user's tags; raises ``NoSuchUser``."""
        user = replace(self.get(name), tags=tuple(dict.fromkeys(tags)))
        self._users[name] = user
        self._accounts.save_user(Kept.User(name, user.password_hash, user.hashing, user.tags))
        self._changed()

    def remove(self, name: str) -> None:
        """Forget a user and their permissions; raises ``NoSuchUser``. ``Broker.delete_user`` ends their connections too."""
        self.get(name)
        del self._users[name]
        self._permissions = {key: value for key, value in self._permissions.items() if key[0] != name}
        self._topics = {key: value for key, value in self._topics.items() if key[0] != name}
        self._accounts.delete_user(name)
        self._changed()

    # -- permissions

    def permissions(self, user: str, vhost: str) -> Permissions | None:
        """What *user* may do in *vhost*; ``None`` where they may not even connect."""
        return self._permissions.get((user, vhost))

    def all_permissions(self) -> list[tuple[str, str, Permissions]]:
        """User, virtual host and permissions, in order."""
        return [(user, vhost, found) for (user, vhost), found in sorted(self._permissions.items(), key=lambda item: item[0])]

    def set_permissions(self, user: str, vhost: str, permissions: Permissions) -> None:
        """Let *user* into *vhost*; raises ``NoSuchUser`` and ``InvalidPattern``."""
        self.get(user)
        for pattern in (permissions.configure, permissions.write, permissions.read):
            check_pattern(pattern)
        self._permissions[user, vhost] = permissions
        self._accounts.save_permissions(Kept.Permissions(user, vhost, permissions.configure, permissions.write, permissions.read))
        self._changed()

    def clear_permissions(self, user: str, vhost: str) -> None:
        """Shut *user* out of *vhost*; nothing where they were not let in."""
        if self._permissions.pop((user, vhost), None) is not None:
            self._accounts.delete_permissions(user, vhost)
            self._changed()

    def all_topic_permissions(self) -> list[tuple[str, str, str, TopicPermissions]]:
        """User, virtual host, exchange and permissions, in order."""
        return [(*key, found) for key, found in sorted(self._topics.items(), key=lambda item: item[0])]

    def set_topic_permissions(self, user: str, vhost: str, exchange: str, permissions: TopicPermissions) -> None:
        """Limit the routing keys *user* may use with a topic exchange; raises ``NoSuchUser`` and ``InvalidPattern``."""
        self.get(user)
        for pattern in (permissions.write, permissions.read):
            check_pattern(pattern)
        self._topics[user, vhost, exchange] = permissions
        self._accounts.save_topic_permissions(Kept.TopicPermissions(user, vhost, exchange, permissions.write, permissions.read))
        self._changed()

    def clear_topic_permissions(self, user: str, vhost: str, exchange: str | None = None) -> None:
        """Lift the limits on one exchange, or on all; nothing where there were none."""
        lifted = [key for key in self._topics if key[:2] == (user, vhost) and exchange in {None, key[2]}]
        for key in lifted:
            del self._topics[key]
            self._accounts.delete_topic_permissions(*key)
        if lifted:
            self._changed()

    def forget_vhost(self, vhost: str) -> None:
        """A virtual host is gone, and all permissions in it."""
        self._permissions = {key: value for key, value in self._permissions.items() if key[1] != vhost}
        self._topics = {key: value for key, value in self._topics.items() if key[1] != vhost}

    def access(self, user: str, vhost: str) -> Access | None:
        """What to ask before each of *user*'s operations in *vhost*; ``None`` where nothing would be refused."""
        permissions = self._permissions.get((user, vhost))
        topics = {key[2]: found for key, found in self._topics.items() if key[:2] == (user, vhost)}
        if permissions is not None and permissions.unlimited and not topics:
            return None
        return Access(user, vhost, permissions, topics)

    def _changed(self) -> None:
        for told in self.on_change:
            told()
