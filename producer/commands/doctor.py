"""`producer doctor`."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--probe", is_flag=True, help="Get credentials of every role from AWS, and revoke them at once.")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@spec_option
@templates_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    probe: bool,
    strict: bool,
    spec_file: Path,
    templates: Sequence[Path],
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Check all that the spec relies on: Vault, the token, engines, keys, lifetimes, policies, AWS.

    It changes nothing; only --probe makes credentials, and ends them. What AWS must be asked is looked at where there
    are AWS credentials.
    """
    from producer.doctor import examine, report_json, report_text
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    with terminal.connect(vault) as connection, terminal.progress() as step, _stopped_in_order(probe):
        report = examine(spec, connection, catalog_mount=vault.catalog_mount, probe=probe, progress=step)
    if output == "json":
        terminal.emit_json(report_json(report))
    else:
        terminal.emit(report_text(report))
    report.check(strict=strict)
    return 0


@contextmanager
def _stopped_in_order(probing: bool) -> Iterator[None]:
    """Who cancels a job sends SIGTERM, who closes a terminal SIGHUP: both end a probe as Ctrl-C does, leases revoked.

    Whoever asks again is not heeded: what is under way then is the revoking.
    """

    found = {number: signal.getsignal(number) for number in STOPS if probing}
    before = {number: handler for number, handler in found.items() if handler not in (None, signal.SIG_IGN)}

    def stop(*_: object) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        terminal.say("Stopping, once what was asked for is revoked …")
        raise KeyboardInterrupt

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
