"""Every error that the kit expects, and the exit code that each one owns.

    KitError
    ├── SpecError            10–29  the platform team's file and its templates
    ├── VaultError           30–49  Vault, the token, what it may do
    ├── AwsError             50–59  AWS and its credentials
    ├── RequestError         60–69  credentials that were asked for in a way that the role can't give them
    ├── TerraformError       70–79  what is rendered and where it goes
    ├── RunError             80–96  a command that was stopped or only partly done
    ├── GuardError           97–100 the guard that asks for MFA
    ├── MfaError            101–107 an MFA device and its codes
    ├── EnrolmentError      109–111 an IAM user and the MFA device that Vault is to be for it
    └── TfeError            112–118 Terraform Enterprise or HCP Terraform

0 is fine, 1 a bug, 2 `plan --detailed-exitcode` with changes, 64 usage, 130 Ctrl-C; 125–127 and
128+n belong to `exec`. No two classes share a code, and a code is never used again for something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

BUG = 1
CHANGES = 2
USAGE = 64
EXEC_FAILED = 125
INTERRUPTED = 130


class KitError(Exception):
    """What failed, where and why; `hint` says what to do next."""

    exit_code: ClassVar[int] = BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# ── the spec and its templates ──────────────────────────────────────────────────────────────────


class SpecError(KitError):
    """Something is wrong in the spec, or in a template that it uses."""


class SpecNotFound(SpecError):
    exit_code = 10


class SpecNotYaml(SpecError):
    exit_code = 11


class WrongType(SpecError):
    """A value has not the shape that its key asks for."""

    exit_code = 12


class UnknownKey(SpecError):
    exit_code = 13


class DuplicateName(SpecError):
    exit_code = 14


class UnknownReference(SpecError):
    """A name points to nothing: an engine, a role, a team that the spec doesn't have."""

    exit_code = 15


class GlobMatchesNothing(SpecError):
    exit_code = 16


class TtlNotAllowed(SpecError):
    """A ttl under AWS's 15 minutes, above its maximum, or on a type that takes none."""

    exit_code = 17


class SecretInSpec(SpecError):
    exit_code = 18


class FieldNotForType(SpecError):
    """A key that the role's type has no use for, or lacks."""

    exit_code = 19


class UnknownTemplate(SpecError):
    exit_code = 20


class UndefinedVariable(SpecError):
    exit_code = 21


class TemplateBroken(SpecError):
    """The template itself can't be read: its Jinja is wrong."""

    exit_code = 22


class PolicyNotJson(SpecError):
    exit_code = 23


class PolicyTooLarge(SpecError):
    exit_code = 24


class PolicyInvalid(SpecError):
    """JSON, but not an IAM policy document that AWS would take."""

    exit_code = 25


class WrongPartition(SpecError):
    """An ARN, a region or an endpoint of another partition (aws, aws-cn, aws-us-gov) than the engine's region."""

    exit_code = 26


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file. `line` and `column` count from 1; 0 means that none is known."""

    error: SpecError
    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        hint = f" {self.error.hint}" if self.error.hint else ""
        return f"{where}: {self.error.message}{hint}"


class SpecProblems(SpecError):
    """All that is wrong in a spec, told at once.

    Its exit code is that of its problems where they are of one kind, and 29 where they are of several.
    """

    exit_code = 29

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        super().__init__("\n".join([*map(str, problems), f"{count} found; nothing was changed."]))
        kinds = {type(problem.error) for problem in problems}
        if len(kinds) == 1:
            self.exit_code = kinds.pop().exit_code  # type: ignore[misc]


# ── Vault ───────────────────────────────────────────────────────────────────────────────────────


class VaultError(KitError):
    """Vault, or the way to it."""


class VaultUnreachable(VaultError):
    """`delivered` is False where it is sure that Vault never saw the request."""

    exit_code = 30

    def __init__(self, message: str, *, hint: str = "", delivered: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.delivered = delivered


class VaultSealed(VaultError):
    exit_code = 31


class TlsNotTrusted(VaultError):
    exit_code = 32


class TokenMissing(VaultError):
    exit_code = 33


class TokenRefused(VaultError):
    """Vault doesn't tell expired, revoked and mistyped tokens apart, so neither can this."""

    exit_code = 34


class NotAllowed(VaultError):
    """The token is good, but no policy of it allows this."""

    exit_code = 35


class WrongMountType(VaultError):
    exit_code = 36


class NotOurs(VaultError):
    """An object is already there, differs, and was not made from this spec."""

    exit_code = 37


class RoleNotGranted(VaultError):
    exit_code = 38


class RoleUnknown(VaultError):
    exit_code = 39


class CatalogMissing(VaultError):
    """There is no catalog here, or none that this token may read."""

    exit_code = 40


class CatalogUnreadable(VaultError):
    """What the catalog holds is damaged, or from a newer version of the kit."""

    exit_code = 41


class WrappingTokenUsed(VaultError):
    """A security alarm: somebody else has unwrapped what was meant for the caller."""

    exit_code = 42


class LoginFailed(VaultError):
    exit_code = 43


class VaultAnswered(VaultError):
    """Vault's own words on what went wrong are in `said`."""

    def __init__(self, message: str, *, hint: str = "", said: str = "") -> None:
        super().__init__(message, hint=hint)
        self.said = said


class VaultRefused(VaultAnswered):
    """Vault understood the request and rejected it (HTTP 400 and the like)."""

    exit_code = 44


class VaultFailed(VaultAnswered):
    """Vault itself failed (HTTP 5xx, rate limits)."""

    exit_code = 45


class TeamUnknown(VaultError):
    exit_code = 46


class SettingsInvalid(VaultError):
    """VAULT_* or an option holds what can't be used: an address that is none, a CA that isn't there."""

    exit_code = 47


class MountMissing(VaultError):
    """A mount that somebody else must make is not there."""

    exit_code = 48


class UnsupportedField(VaultError):
    """The mounted engine, or its server, hasn't got what the spec asks for."""

    exit_code = 49


AWAY = (VaultUnreachable, VaultSealed, VaultFailed)
"""Vault doesn't answer for now; what it would say is not known."""


# ── AWS ─────────────────────────────────────────────────────────────────────────────────────────


class AwsError(KitError):
    """AWS, or credentials for it."""


class NoAwsCredentials(AwsError):
    exit_code = 50


class TemporaryAwsCredentials(AwsError):
    """What takes long-lived credentials only was given others: Vault's engine, or AWS for an MFA session."""

    exit_code = 51


class AwsRefused(AwsError):
    """AWS's own code for what is wrong is in `code`: AccessDenied, NoSuchEntity and the like."""

    exit_code = 52

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class RootKeyUnknown(AwsError):
    """The root config must change, but the key that Vault holds is known to nobody here."""

    exit_code = 53


class AwsUnreachable(AwsError):
    exit_code = 54


class StaticUserFixed(AwsError):
    """A static role can't be given another IAM user."""

    exit_code = 55


class RootKeyQuota(AwsError):
    """The root user has two access keys already, so that Vault can't make another to rotate to."""

    exit_code = 56


class RootHasNoKey(AwsError):
    """The engine uses an identity of its own: there is no key to make or to rotate."""

    exit_code = 57


class RootUserTaken(AwsError):
    """An IAM user of that name is there, and was not made for this engine."""

    exit_code = 58


class PrincipalUnknown(AwsError):
    """Nobody here can say which IAM principal an engine calls AWS as."""

    exit_code = 59


# ── what was asked of a role ────────────────────────────────────────────────────────────────────


class RequestError(KitError):
    """What was asked for doesn't fit the role. (64 is usage, so no error here owns it.)"""


class RoleAmbiguous(RequestError):
    """Several roles have this name."""

    exit_code = 60


class RoleArnNeeded(RequestError):
    """The role can become several AWS roles, or not the one that was asked for."""

    exit_code = 61


class ParameterNotForRole(RequestError):
    """A TTL or another parameter that the role's type doesn't take, or that AWS doesn't give."""

    exit_code = 62


class LoginNotOffered(RequestError):
    """The team has no such login, or several and it wasn't said which."""

    exit_code = 63


class FormatImpossible(RequestError):
    """Credentials can't be written in this format here, or not so that every reader of it reads the same."""

    exit_code = 67


class NoConsole(RequestError):
    """AWS signs nobody in to its console with credentials of this type."""

    exit_code = 68


# ── Terraform and what is written for it ────────────────────────────────────────────────────────


class TerraformError(KitError):
    """Rendering, and the Terraform that reads it."""


class TerraformMissing(TerraformError):
    exit_code = 70


class OutputExists(TerraformError):
    """A file is there already, with other content."""

    exit_code = 71


class ModeImpossible(TerraformError):
    """This role or these versions can't work in the mode that was asked for."""

    exit_code = 72


class OutputNotWritable(TerraformError):
    exit_code = 73


class BlockEdited(TerraformError):
    """What was rendered into a file has been changed by hand, or its markers have."""

    exit_code = 74


class SnippetStale(TerraformError):
    """A committed file is not what would be rendered now."""

    exit_code = 75


class ProfileTaken(TerraformError):
    """An AWS profile of that name is there, and the kit did not write it."""

    exit_code = 77


class ProfileImpossible(TerraformError):
    """AWS's config file can't be read as the SDKs read it, or can't hold the profile."""

    exit_code = 78


class CatalogFileDamaged(TerraformError):
    """A file of `producer export` is not as it was written, or is none."""

    exit_code = 79


# ── runs ────────────────────────────────────────────────────────────────────────────────────────


class RunError(KitError):
    """A command stopped before it did all of its work."""


class Declined(RunError):
    """A person said no, or nobody was there to ask."""

    exit_code = 80


class PartlyApplied(RunError):
    """Some actions failed; the others are done, and the next run goes on from there."""

    exit_code = 81


class RevokeFailed(RunError):
    """Credentials could not be revoked, and live on until their lease ends."""

    exit_code = 82


class TooManyDeletes(RunError):
    exit_code = 83


class MountInUse(RunError):
    """A mount that would be deleted holds what is not ours."""

    exit_code = 84


class HasLeases(RunError):
    """A role that would be deleted has credentials out there."""

    exit_code = 85


class LockHeld(RunError):
    """Another setup of this spec is at work."""

    exit_code = 86


class LockLost(RunError):
    """Another setup took the lock over, so this one stopped."""

    exit_code = 87


class PlanStale(RunError):
    """Vault, or AWS, is no longer as it was when the plan was made."""

    exit_code = 88


class PlanFileInvalid(RunError):
    """A file that is no plan, or not as it was written."""

    exit_code = 89


class RevokeIncomplete(RunError):
    """Some of what was to be revoked could not be reached, or not be proved dead."""

    exit_code = 90


class OrphansFound(RunError):
    """AWS has IAM users or keys of an engine that no lease ends any more."""

    exit_code = 91


class ChecksFailed(RunError):
    """`doctor` or `check` found errors."""

    exit_code = 92


class EngineOwned(RunError):
    """An engine that was to be adopted is part of a spec already."""

    exit_code = 93


class KeyNotAccepted(RunError):
    """AWS didn't accept new credentials within the time that was given."""

    exit_code = 94


class CacheUnusable(RunError):
    """The folder for cached credentials is somebody else's, no folder, or can't be read."""

    exit_code = 95


class PortTaken(RunError):
    """`serve` can't listen on the port that it was given."""

    exit_code = 96


# ── the guard ───────────────────────────────────────────────────────────────────────────────────


class GuardError(KitError):
    """The group and the policies that ask for MFA, and whoever is in it."""


class GuardTaken(GuardError):
    """A group or a policy of that name is there, and was not made by the kit."""

    exit_code = 97


class GuardMissing(GuardError):
    """There is no such guard in this account."""

    exit_code = 98


class IamUserUnknown(GuardError):
    """The account has no IAM user of that name."""

    exit_code = 99


class GuardBroken(GuardError):
    """A write is allowed without MFA, or could not be tried."""

    exit_code = 100


# ── MFA devices and their codes ─────────────────────────────────────────────────────────────────


class MfaError(KitError):
    """An MFA device, or a code of it."""


class CodeSourceInvalid(MfaError):
    """What should say where codes come from doesn't."""

    exit_code = 101


class CodeUnavailable(MfaError):
    """Vault has no code where one was looked for, or none that AWS takes."""

    exit_code = 102


class CodeNeeded(MfaError):
    """A code is needed, and nobody is here to be asked for one."""

    exit_code = 103


class CodeRefused(MfaError):
    """AWS doesn't take a code. `ahead` is how far AWS's clock is ahead of the one here, None where that isn't known."""

    exit_code = 104

    def __init__(self, message: str, *, hint: str = "", ahead: timedelta | None = None) -> None:
        super().__init__(message, hint=hint)
        self.ahead = ahead


class DeviceUnknown(MfaError):
    """Which MFA device is meant can't be known: there is none that gives codes, several, or it is somebody else's."""

    exit_code = 105


# ── Vault as an MFA device ──────────────────────────────────────────────────────────────────────


class EnrolmentError(KitError):
    """An IAM user and the MFA device that Vault is to be for it."""


class MfaDevicesInTheWay(EnrolmentError):
    """The user has MFA devices that were not enrolled here, or as many as AWS gives one."""

    exit_code = 109


class NotEnrolled(EnrolmentError):
    """Vault is no MFA device of this user."""

    exit_code = 110


class CodesDiffer(EnrolmentError):
    """Vault's codes are not those of the device: its clock is wrong, or it keeps another seed."""

    exit_code = 111


# ── Terraform Enterprise and HCP Terraform ──────────────────────────────────────────────────────


class TfeError(KitError):
    """Terraform Enterprise or HCP Terraform, its token, and what is to be changed there."""


class TfeTokenMissing(TfeError):
    exit_code = 112


class TfeRefused(TfeError):
    """The token is refused, or may not do what was asked."""

    exit_code = 113


class TfeNotFound(TfeError):
    """Something is not there, or this token may not see it: the server tells no one which."""

    exit_code = 114


class TfeUnavailable(TfeError):
    """The server doesn't answer, or not in a way that can be read."""

    exit_code = 115


class TfeUnreadable(TfeUnavailable):
    """What was asked for was done, but the answer is not of the documented form."""


class TfeConflict(TfeError):
    """What is there stands against what was asked: a lock, a variable of somebody else's."""

    exit_code = 116


class TfeInvalid(TfeConflict):
    """The server finds what was sent invalid, or has one of that name already."""


class TfeRunFailed(TfeError):
    """A run ended without having done what it was for."""

    exit_code = 117


class TfeRunWaits(TfeError):
    """A run waits for somebody's decision."""

    exit_code = 118


def exit_codes() -> dict[int, type[KitError]]:
    """Every exit code that an error owns, for the reference page and its test."""
    found: dict[int, type[KitError]] = {}
    queue = list(KitError.__subclasses__())
    while queue:
        error = queue.pop()
        queue.extend(error.__subclasses__())
        if "exit_code" in vars(error):
            found[error.exit_code] = error
    return dict(sorted(found.items()))
