"""`producer mfa verify`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from producer.commands.mfa.guard_options import group_option, iam_name, services_option
from producer.options import profile_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    import boto3

    from producer.iam_account import IamAccount
    from producer.mfa_guard.verify import Verdict
    from vault_aws_kit.aws import Caller


@dataclass(frozen=True)
class _Way:
    """How a session with MFA is come by, '' where nothing was said."""

    code_from: str
    serial: str
    profile: str


@click.command()
@click.option("--user", metavar="NAME", default="", callback=iam_name, help="A user; else the guard itself.")
@group_option
@services_option(default="", help="The services to look at; else those that the group guards.")
@click.option("--every-action", is_flag=True, help="Ask for every write; else for one of each kind, which is quicker.")
@click.option("--calls", is_flag=True, help="Make harmless calls instead, with the plain key of a user, which is here.")
@terminal.code_from_option("With --calls: where Vault gives the MFA code, vault:totp/code/NAME.")
@click.option("--serial", metavar="ARN", default="", help="With --calls: the MFA device, where the user has several.")
@click.option("--mfa-profile", metavar="NAME", default="", help="With --calls: an AWS profile that is an MFA session.")
@profile_option
@terminal.format_option("text", "json")
def command(
    user: str,
    group: str,
    services: tuple[str, ...],
    every_action: bool,
    calls: bool,
    code_from: str,
    serial: str,
    mfa_profile: str,
    profile: str,
    output: str,
) -> int:
    """Show for each service whether writes are allowed without and with MFA. Changes nothing.

    AWS itself judges: it is asked what it would answer, or with --calls really called. Exits 100 where a write is
    allowed without MFA.
    """
    from producer.iam_account import account_of
    from producer.mfa_guard.verify import as_json, check
    from vault_aws_kit import aws

    if (code_from or serial or mfa_profile) and not calls:
        raise click.UsageError(
            "--code-from, --serial and --mfa-profile are for --calls: AWS's own judgement needs no code."
        )
    if calls and user:
        raise click.UsageError("--calls are those of the user whose key is here: leave --user out.")
    caller = aws.identify(aws.open_session(profile))
    iam = account_of(caller)
    if calls:
        whom, verdicts = caller.arn, _called(caller, iam, services, _Way(code_from, serial, mfa_profile))
    else:
        whom, verdicts = _simulated(iam, group, user, services, every=every_action)
    if output == "json":
        holds = bool(verdicts) and not any(verdict.open for verdict in verdicts)
        terminal.emit_json({"principal": whom, "holds": holds, "services": as_json(verdicts)})
    else:
        _show(whom, verdicts)
    for verdict in verdicts:
        if verdict.note:
            terminal.warn(verdict.note)
    check(verdicts, whom)
    return 0


def _simulated(
    iam: IamAccount, group: str, user: str, services: tuple[str, ...], *, every: bool
) -> tuple[str, Sequence[Verdict]]:
    from producer.mfa_guard.members import arn_of
    from producer.mfa_guard.notes import SELF_RISK
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import must_be_there
    from producer.mfa_guard.verify import asked_for, judge_guard, judge_user

    found = observe(iam, group)
    must_be_there(group, found)
    if found.enrolment == "self":
        terminal.warn(SELF_RISK)
    asked = {one: asked_for(one, found, every=every) for one in services or found.services}
    if user:
        arn = arn_of(iam, user)
        return arn, judge_user(iam, arn, asked)
    arn = found.group.arn if found.group else found.account.group(group)  # as IAM spells it
    return arn, judge_guard(iam, arn, asked)


def _called(caller: Caller, iam: IamAccount, services: tuple[str, ...], way: _Way) -> Sequence[Verdict]:
    from producer.mfa_guard.calls import CALLS, try_calls
    from producer.mfa_guard.session import is_plain

    if not is_plain(caller.session) or ":user/" not in caller.arn:
        raise click.UsageError(f"--calls needs the plain key of an IAM user here, and this is {caller.arn}'s session.")
    beyond = [one for one in services if one not in CALLS]
    if beyond:
        terminal.warn(f"No call of {', '.join(beyond)} is sure to change nothing: not tried.")
    return try_calls(services or tuple(CALLS), caller.session, _mfa_session(caller, iam, way), caller.config)


def _mfa_session(caller: Caller, iam: IamAccount, way: _Way) -> boto3.Session | None:
    """None where nobody is there to give a code."""
    from producer.mfa_guard import session
    from vault_aws_kit.mfa import Owner

    if way.profile:
        return session.of_profile(way.profile, caller)
    if not way.code_from and not sys.stdin.isatty():
        terminal.say("Not tried with MFA: that needs --code-from or --mfa-profile where nobody is here to give a code.")
        return None
    noted, code = _of_vault(way.code_from) if way.code_from else ("", _of_person)
    serial = way.serial or noted or Owner(caller.arn, iam.mfa_devices(caller.arn.rpartition("/")[2])).device()
    return session.with_mfa(caller, serial, code)


def _of_vault(code_from: str) -> tuple[str, Callable[[str], str]]:
    """The device that Vault has noted with the seed, '' for none, and what reads its code."""
    from vault_aws_kit import totp

    place, options = totp.parse(code_from), terminal.VaultOptions("", "", "")

    def code(_: str) -> str:
        with terminal.connect(options) as vault:
            return totp.read(vault, place)

    with terminal.connect(options) as vault:
        return totp.device(vault, place), code


def _of_person(serial: str) -> str:
    prompt = f"Code of {serial} (none: not tried with MFA)"
    return str(click.prompt(prompt, default="", show_default=False, err=True))


def _show(whom: str, verdicts: Sequence[Verdict]) -> None:
    terminal.say(f"Writes of {whom}:")
    rows = [(one.service, one.by, str(one.writes), one.told_without, one.told_with) for one in verdicts]
    terminal.emit_table(("SERVICE", "BY", "WRITES", "WITHOUT MFA", "WITH MFA"), rows)
