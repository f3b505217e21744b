"""The test of a connection in words: its steps, how they ended, and the verdict."""

from typing import Final

from desktop.core.i18n import N_, tr
from embedded_server.contracts.connections import ConnectionKind, TestOutcome, TestReport, TestResult, TestStep

STEP_WORDS: Final = {
    TestStep.NAME: N_("Name"),
    TestStep.PORT: N_("Port"),
    TestStep.TLS: "TLS",
    TestStep.PROTOCOL: N_("Protocol"),
    TestStep.LOGIN: N_("Login"),
    TestStep.VHOST: N_("Virtual host"),
    TestStep.PERMISSIONS: N_("Permissions"),
    TestStep.MANAGEMENT: N_("Management API"),
    TestStep.ADVERTISED: N_("Advertised addresses"),
    TestStep.TOPICS: N_("Topics"),
    TestStep.REGISTRY: "Schema Registry",
}
_SHARED_STEPS: Final = (TestStep.NAME, TestStep.PORT, TestStep.TLS, TestStep.PROTOCOL, TestStep.LOGIN)
STEPS: Final = {
    ConnectionKind.RABBITMQ: (*_SHARED_STEPS, TestStep.VHOST, TestStep.PERMISSIONS, TestStep.MANAGEMENT),
    ConnectionKind.KAFKA: (*_SHARED_STEPS, TestStep.ADVERTISED, TestStep.TOPICS, TestStep.REGISTRY),
    ConnectionKind.EMBEDDED: tuple(TestStep),
}
"""The steps that the test of a kind of connection has."""
OUTCOME_WORDS: Final = {
    TestOutcome.PASSED: N_("passed"),
    TestOutcome.WARNING: N_("warning"),
    TestOutcome.FAILED: N_("failed"),
    TestOutcome.SKIPPED: N_("skipped"),
}
_WORSE: Final = (TestOutcome.SKIPPED, TestOutcome.PASSED, TestOutcome.WARNING, TestOutcome.FAILED)
FIXES: Final = {
    "port-wants-tls": N_("Switch TLS on"),
    "port-speaks-plain": N_("Switch TLS off"),
    "certificate-unknown-authority": N_("Choose the authority's file…"),
    "login-refused": N_("Type the password again"),
    "name-not-found": N_("Change the host"),
    "nobody-listens": N_("Change the port"),
    "port-speaks-http": N_("Use the usual port"),
    "port-speaks-https": N_("Use the usual port"),
    "v-host-missing": N_("Change the virtual host"),
    "v-host-missing-among": N_("Change the virtual host"),
    "management-unreachable": N_("Set the management URL"),
    "management-login-refused": N_("Set the management user"),
    "certificate-not-trusted": N_("Choose the authority's file…"),
    "not-kafka": N_("Change the brokers"),
    "no-kafka-there": N_("Change the brokers"),
    "no-brokers-told": N_("Change the brokers"),
    "some-bootstrap-fails": N_("Change the brokers"),
    "no-topics-seen": N_("Choose another login"),
    "sasl-refused": N_("Type the password again"),
    "mechanism-off": N_("Choose another login"),
    "login-needed": N_("Choose a login"),
    "login-not-taken": N_("Take the login out"),
    "registry-unreachable": N_("Set the registry's URL"),
    "registry-host-unknown": N_("Set the registry's URL"),
    "registry-not-there": N_("Set the registry's URL"),
    "registry-login-refused": N_("Set the registry's user"),
}
"""What the button under a hint says, by the problem's code; the form does it."""


def results_of(report: TestReport | None) -> dict[TestStep, TestResult]:
    """Answer the results by their step; of two of one step the worse one, so that nothing that failed is covered."""
    found: dict[TestStep, TestResult] = {}
    for result in report.results if report is not None else []:
        known = found.get(result.step)
        if known is None or _WORSE.index(result.outcome) > _WORSE.index(known.outcome):
            found[result.step] = result
    return found


def walk_words(kind: ConnectionKind) -> str:
    """Say what a test does."""
    if kind is ConnectionKind.KAFKA:
        return tr("Walk from the host's name to the topics and the Schema Registry; nothing is left on the cluster")
    if kind is ConnectionKind.EMBEDDED:
        return tr("Walk from the host's name to the management API and the topics; nothing is left on the brokers")
    return tr("Walk from the host's name to the management API; nothing is left on the broker")


def verdict(report: TestReport | None, kind: ConnectionKind = ConnectionKind.RABBITMQ) -> tuple[str, str]:
    """Answer how the whole test ended: words and their colour."""
    if report is None:
        return _untested(kind), "dim"
    failed = next((result for result in report.results if result.outcome is TestOutcome.FAILED), None)
    if failed is not None:
        return tr("Fails at: {step}", step=tr(STEP_WORDS[failed.step])), "bad"
    took = tr("{ms} ms", ms=f"{sum(result.took_ms for result in report.results):.0f}")
    if any(result.outcome is TestOutcome.WARNING for result in report.results):
        return tr("Works, with less · {time}", time=took), "warn"
    return tr("Works · {time}", time=took), "ok"


def _untested(kind: ConnectionKind) -> str:
    if kind is ConnectionKind.KAFKA:
        return tr("Not tested yet. It walks from the host's name to the topics and says at which step it fails.")
    if kind is ConnectionKind.EMBEDDED:
        return tr("Not tested yet. It walks from the host's name to the management API and the topics, and says at which step it fails.")
    return tr("Not tested yet. It walks from the host's name to the management API and says at which step it fails.")
