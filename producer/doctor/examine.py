"""All checks, in order. What depends on something that is broken is not looked at, and the report says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from producer.doctor.capabilities import Capabilities
from producer.doctor.clocks import Clocks
from producer.doctor.drift import Drift
from producer.doctor.engines import Engines
from producer.doctor.freezes import Freezes
from producer.doctor.interface import Case, Check
from producer.doctor.lifetimes import Lifetimes
from producer.doctor.policies import Policies
from producer.doctor.probe import Probe
from producer.doctor.references import References
from producer.doctor.report import Report
from producer.doctor.root_keys import RootKeys
from producer.doctor.server import Server
from producer.iam_account import IamAccount, open_account
from producer.incident.proof import Witness
from producer.spec import Spec
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import AwsRefused, AwsUnreachable, KitError, NoAwsCredentials, NotAllowed
from vault_aws_kit.findings import Finding, Section
from vault_aws_kit.vault import Vault

CHECKS: tuple[Check, ...] = (
    Capabilities(),
    Clocks(),
    Engines(),
    RootKeys(),
    Lifetimes(),
    Policies(),
    References(),
    Freezes(),
    Drift(),
)
NO_AWS = "Run it with AWS credentials of the engines' account that may read IAM."


def examine(
    spec: Spec,
    vault: Vault,
    *,
    catalog_mount: str = CATALOG_MOUNT,
    probe: bool = False,
    account: Callable[[], IamAccount] = open_account,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Look at everything, and change nothing; but with `probe` ask for credentials of every role, and revoke them.

    Whatever fails is a finding. `progress` is called with the name of each role that was probed.
    """
    case = Case(spec, vault, Witness.called(account), catalog_mount, probe)
    server = _section(Server(), case)
    broken = next((one.reason for one in server.findings if one.severity == "error"), "")
    checks = (*CHECKS, *([Probe(progress)] if probe else []))
    return Report(spec.name, (server, *(_section(check, case, broken) for check in checks)))


def _section(check: Check, case: Case, broken: str = "") -> Section:
    """`broken` is why Vault can't be asked, '' where it can."""
    if broken and "vault" in check.needs:
        return Section(check.title, (Finding("skipped", "all of it", broken),))
    if case.witness.account is None and "aws" in check.needs:
        return Section(check.title, (Finding("skipped", "all of it", case.witness.why, NO_AWS),))
    return Section(check.title, tuple(_findings(check, case)))


def _findings(check: Check, case: Case) -> Iterator[Finding]:
    try:
        yield from check.look(case)
    except (NotAllowed, NoAwsCredentials, AwsRefused, AwsUnreachable) as error:
        yield Finding("skipped", "the rest of it", error.message, error.hint)
    except KitError as error:
        yield Finding("error", "this check", error.message, error.hint)
