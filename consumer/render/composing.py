"""From what a person asks for to what is rendered: the catalog, the folder and the modes put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from consumer.render import MODES
from consumer.render.asked import Asked, VaultAsked
from consumer.render.auth import AUTHS
from consumer.render.blocks import blocks_for
from consumer.render.choice import check_ephemeral, choose, too_old
from consumer.render.env import Env
from consumer.render.floors import Floor
from consumer.render.hcp import Hcp
from consumer.render.interface import Block, Mode, Snippet, VaultProvider
from consumer.render.logins import connected, find_login
from consumer.render.process import Process
from consumer.roles import Access
from consumer.terraform import Folder, installed, on_path
from vault_aws_kit.contract import LoginEntry
from vault_aws_kit.errors import LoginNotOffered, ModeImpossible

AUTO = "auto"


def chosen_mode(name: str, folder: Folder) -> tuple[Mode, str]:
    """The mode that was asked for, or the best one here and why it is. Raises TerraformMissing, ModeImpossible."""
    if name == AUTO:
        choice = choose(folder, installed, on_path)
        return MODES[choice.mode], choice.why
    if name == "ephemeral":
        check_ephemeral(folder, installed())
    return MODES[name], ""


def compose(
    access: Access,
    mode: Mode,
    asked: Asked,
    vault: VaultAsked,
    *,
    pipeline: bool = False,
    pins: bool = True,
    tags: tuple[tuple[str, str], ...] = (),
    config_files: tuple[str, ...] = (),
    consumer: tuple[str, ...] = (),
    wait: int = 0,
) -> Snippet:
    """What to render; for a `pipeline`, the login is the pipeline's and not Terraform's.

    Raises RoleUnknown, RoleAmbiguous, RoleArnNeeded, LoginNotOffered, ModeImpossible.
    """
    _check_meaning(mode, asked, vault, config_files, pipeline=pipeline)
    if wait and not isinstance(mode, Process | Env):
        raise ModeImpossible(
            f"In the {mode.name} mode no command of the kit gets the credentials, so that none can wait for AWS.",
            hint="Leave --wait-for-iam out, or use --mode process or --mode env.",
        )
    blocks = blocks_for(access, asked)
    auth = AUTHS["token" if pipeline else vault.auth]
    ready = _connected(access, mode, blocks, vault)
    login = None if ready else _login(access, mode, blocks, vault, pipeline=pipeline)
    provider = VaultProvider(auth, login, vault.vault_address, vault.vault_namespace, vault.vault_ca, ready)
    snippet = Snippet(blocks, provider, tags, pins, config_files, consumer, wait)
    mode.check(replace(snippet, vault=VaultProvider()) if pipeline else snippet)
    return snippet


def _check_meaning(
    mode: Mode, asked: Asked, vault: VaultAsked, config_files: tuple[str, ...], *, pipeline: bool
) -> None:
    """Raises ModeImpossible for what would be dropped without a word."""
    if (asked.profiles or config_files) and not isinstance(mode, Process):
        raise ModeImpossible(
            f"The {mode.name} mode has no AWS profiles.",
            hint="Leave --profile and --aws-config out, or use --mode process.",
        )
    named = vault.auth_mount or vault.auth_role
    if named and not (pipeline or AUTHS[vault.auth].method or isinstance(mode, Hcp)):
        raise ModeImpossible(
            f"The login {vault.auth} has neither a mount nor a role.", hint="Say how to log in with --auth."
        )


def warnings(mode: Mode, snippet: Snippet, folder: Folder) -> Iterator[str]:
    """What a person should know before using the file, of the mode and of the folder that it is for."""
    yield from mode.warnings(snippet)
    if mode.has_vault:
        yield from snippet.vault.auth.warnings(mode)
    for name in folder.unreadable:
        yield f"{name} can't be read as HCL: what it says of providers was not looked at."
    floors = mode.floors(snippet)
    needs = list(_unmet(folder, floors))
    if folder.requirements and snippet.pins is False and needs:
        yield (
            f"{folder.requirements} has required_providers already, and Terraform allows only one: add "
            f"{' and '.join(needs)} there."
        )
    yield from too_old(folder, floors["vault"])
    ours = [*([("vault", "")] if mode.has_vault else []), *(("aws", block.alias) for block in snippet.blocks)]
    for taken in (one for one in ours if one in folder.providers):
        name = ".".join(filter(None, taken))
        yield f"{folder.providers[taken]} configures the provider {name} too: remove one of the two."


def _unmet(folder: Folder, floors: Mapping[str, Floor | None]) -> Iterator[str]:
    """What the folder's required_providers lack; of an aws provider's version there nothing is known."""
    for name in ("vault", "aws") if floors["vault"] else ("aws",):
        floor = floors[name]
        if name not in folder.required or (name == "aws" and floor):
            yield f'hashicorp/{name} ">= {floor.version}"' if floor else f"hashicorp/{name}"


def _login(
    access: Access, mode: Mode, blocks: tuple[Block, ...], vault: VaultAsked, *, pipeline: bool
) -> LoginEntry | None:
    """The team's login that the file is about, None where it needs none."""
    roles = list(dict.fromkeys(block.role for block in blocks))
    if pipeline:
        methods = ("jwt", "approle") if vault.auth == "token" else (vault.auth,)
        return find_login(access, roles, methods, mount=vault.auth_mount, role=vault.auth_role)
    if isinstance(mode, Hcp):
        return _of_workspace(access, mode, blocks, vault)
    method = AUTHS[vault.auth].method
    return find_login(access, roles, (method,), mount=vault.auth_mount, role=vault.auth_role) if method else None


def _connected(access: Access, mode: Mode, blocks: tuple[Block, ...], vault: VaultAsked) -> tuple[str, ...]:
    """The workspaces that `producer tfe connect` has set up for this already, unless a login was named."""
    if not isinstance(mode, Hcp) or vault.auth_mount or vault.auth_role:
        return ()
    return connected(access, list(dict.fromkeys(block.role for block in blocks)))


def _of_workspace(access: Access, mode: Hcp, blocks: tuple[Block, ...], vault: VaultAsked) -> LoginEntry | None:
    """HCP Terraform's own login, which may still have to be made; but one that was named must be there."""
    roles = list(dict.fromkeys(block.role for block in blocks))
    try:
        return find_login(access, roles, (mode.method,), mount=vault.auth_mount, role=vault.auth_role)
    except LoginNotOffered:
        if vault.auth_mount or vault.auth_role or _has(access, mode.method):
            raise
        return None


def _has(access: Access, method: str) -> bool:
    return any(login.method == method for team in access.teams for login in team.logins)
