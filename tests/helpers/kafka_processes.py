"""A private Apache Kafka for tests: one node in KRaft mode, from Maven's jars, that no other program sees."""

import shutil
import socket
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.broker_processes import free_port, wait_until
from tests.helpers.certificates import Authority, Certificate
from tests.helpers.maven import classpath, hidden_window, jars, java

NEEDS_KAFKA = "needs a real Apache Kafka: run `make real-brokers`"
READY_LIMIT_S = 60.0
CLUSTER_ID = "c3dpdGNocm9vbS10ZXN0cw"
ALICE, ALICE_PASSWORD = "alice", "alice-secret"
ADMIN, ADMIN_PASSWORD = "admin", "admin-secret"
QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx512m")
FULL_SPEED = ("-Xms1g", "-Xmx1g")


def has_kafka() -> bool:
    """Whether its jars and a Java are there."""
    return jars("kafka") is not None


@dataclass
class Listener:
    """One of its addresses, and the security protocol there."""

    name: str
    protocol: str
    port: int = field(default_factory=free_port)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"


class RealKafka:
    """Listens on PLAINTEXT; with *sasl* also on SASL_PLAINTEXT, with *tls* also on SSL and, with both, on SASL_SSL.

    *sasl* knows alice (PLAIN, SCRAM-SHA-256 and -512). *acls* lets alice do nothing until an ACL allows it; who comes by PLAINTEXT or
    SSL is anonymous and may do everything. *configs* are lines of ``server.properties``. One that *joins* another, which runs, is the
    second broker of its cluster and has no vote in it.
    """

    def __init__(
        self,
        *,
        sasl: bool = False,
        tls: Authority | None = None,
        acls: bool = False,
        configs: dict[str, str] | None = None,
        full_speed: bool = False,
        joins: "RealKafka | None" = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kafka"))
        self._flags = FULL_SPEED if full_speed else QUICK_START
        self._controller = free_port() if joins is None else joins.controller
        self._joins = joins is not None
        self.plain = Listener("PLAIN", "PLAINTEXT")
        self.sasl = Listener("SASL", "SASL_PLAINTEXT") if sasl else None
        self.tls = Listener("TLS", "SSL") if tls else None
        self.sasl_tls = Listener("SASLTLS", "SASL_SSL") if sasl and tls else None
        self._authority = tls
        self._acls = acls
        self._configs = configs or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The plaintext address."""
        return self.plain.bootstrap

    @property
    def port(self) -> int:
        return self.plain.port

    @property
    def controller(self) -> int:
        """The port of the cluster's controller."""
        return self._controller

    @property
    def data(self) -> Path:
        """Where its logs are: ``<topic>-<partition>`` folders."""
        return self._folder / "data"

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Format its folder at the first start, start it, and wait until it serves."""
        properties = self._folder / "server.properties"
        if not properties.exists():
            properties.write_text("\n".join(f"{key}={value}" for key, value in self._properties().items()))
            self._format(properties)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(properties)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                creationflags=hidden_window(),
            )
        wait_until(self._serves, READY_LIMIT_S, "Apache Kafka serves")

    def kill(self) -> None:
        """End it as ``kill -9`` does; `start` brings it back with what it had on disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def stop(self) -> None:
        """End it and take its folder away."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run_tool(self, main: str, *arguments: str) -> str:
        """Run one of Kafka's own command line programs, such as ``org.apache.kafka.tools.DumpLogSegments``; its standard output."""
        done = subprocess.run(self._java(main, *arguments), capture_output=True, text=True, check=False, timeout=READY_LIMIT_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _java(self, main: str, *arguments: str) -> list[str]:
        program, folder = java(), jars("kafka")
        assert program is not None
        assert folder is not None
        level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [program, *self._flags, level, "-cp", classpath(folder), main, *arguments]

    def _format(self, properties: Path) -> None:
        scram = [
            part
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for part in ("--add-scram", f"{mechanism}=[name={ALICE},password={ALICE_PASSWORD}]")
        ]
        self.run_tool(
            *("kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(properties)),
            *(() if self._joins else ("--standalone",)),
            *(scram if self.sasl else ()),
        )

    def _properties(self) -> dict[str, str]:
        listeners = [one for one in (self.plain, self.sasl, self.tls, self.sasl_tls) if one is not None]
        addresses = ",".join(f"{one.name}://{one.bootstrap}" for one in listeners)
        made = {
            "process.roles": "broker" if self._joins else "broker,controller",
            "node.id": "2" if self._joins else "1",
            "log.dirs": str(self.data),
            "listeners": addresses if self._joins else f"{addresses},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": addresses,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self._controller}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": self.plain.name,
            "listener.security.protocol.map": ",".join([*(f"{one.name}:{one.protocol}" for one in listeners), "CONTROLLER:PLAINTEXT"]),
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "50",
            "group.consumer.min.heartbeat.interval.ms": "200",
            "group.consumer.heartbeat.interval.ms": "200",
            "group.share.min.heartbeat.interval.ms": "200",
            "group.share.heartbeat.interval.ms": "200",
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "2000",  # after a kill it waits for the session of its former life
            "log.cleaner.dedupe.buffer.size": "8388608",
            "num.io.threads": "4",
            "num.network.threads": "2",
        }
        if self.sasl is not None:
            made |= self._sasl()
        if self._authority is not None:
            made |= self._tls(self._authority)
        if self._acls:
            made |= {
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": f"User:ANONYMOUS;User:{ADMIN}",
            }
        return made | self._configs

    def _sasl(self) -> dict[str, str]:
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        users = f'user_{ALICE}="{ALICE_PASSWORD}" user_{ADMIN}="{ADMIN_PASSWORD}"'
        made = {"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"}
        for listener in (self.sasl, self.sasl_tls):
            if listener is not None:
                prefix = f"listener.name.{listener.name.lower()}"
                made[f"{prefix}.plain.sasl.jaas.config"] = f"{plain} {users};"
                made[f"{prefix}.scram-sha-256.sasl.jaas.config"] = scram
                made[f"{prefix}.scram-sha-512.sasl.jaas.config"] = scram
        return made

    def _tls(self, authority: Authority) -> dict[str, str]:
        ours = self._folder / "server.pem"
        made: Certificate = authority.sign(f"kafka-{self.port}", "DNS:localhost,IP:127.0.0.1")
        ours.write_text(made.key.read_text() + made.cert.read_text())
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(ours),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(authority.cert),
            "ssl.client.auth": "requested",
        }

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Apache Kafka ended: {self.log[-2000:]}"
        return knows_a_broker(self.port)


def knows_a_broker(port: int) -> bool:
    """Whether a broker answers there and knows one that is up (Metadata v1, no topics)."""
    request = struct.pack(">hhih", 3, 1, 7, -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.sendall(struct.pack(">i", len(request)) + request)
            head = client.recv(12, socket.MSG_WAITALL)
            return len(head) == 12 and struct.unpack(">iii", head)[2] > 0
    except OSError:
        return False
