"""A status for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from producer.status import EngineStatus, RoleStatus, Status
from vault_aws_kit.terminal import table


def status_text(found: Status) -> str:
    """Short tables; those that would be empty are left out."""
    return "\n\n".join("\n".join(part) for part in _parts(found)) + "\n"


def _parts(found: Status) -> Iterator[Sequence[str]]:
    yield table(("ENGINE", "MOUNT", "REGION", "STATE", "ROOT KEY"), [_engine_row(e) for e in found.engines])
    yield table(("ROLE", "TYPE", "STATE", "LEASES"), [_role_row(r) for r in found.roles])
    yield table(
        ("TEAM", "LOGINS", "STATE", "ROLES"),
        [(t.name, ", ".join(t.logins), t.state, ", ".join(t.roles)) for t in found.teams],
    )
    if found.workspaces:
        rows = [(one.name, one.host, one.team, one.state, ", ".join(one.roles)) for one in found.workspaces]
        yield table(("WORKSPACE", "HOST", "TEAM", "LOGIN", "ROLES"), rows)
    if found.frozen:
        yield ["Frozen, so that nobody gets new credentials (`producer thaw`):", *(f"  {one}" for one in found.frozen)]
    if found.left_over:
        yield ["In Vault, made from this spec, but no longer in it:", *(f"  {path}" for path in found.left_over)]
    if found.protected:
        yield ["No longer in the spec, but protected, and kept:", *(f"  {path}" for path in found.protected)]
    if found.not_ours:
        yield ["In the spec's engines, but not made from it:", *(f"  {path}" for path in found.not_ours)]


def _engine_row(engine: EngineStatus) -> tuple[str, ...]:
    key = engine.key or ("-" if engine.state == "missing" else "none: Vault uses its own identity")
    if engine.rotated:
        key += f" (rotated {engine.key_made})" if engine.key_made else " (rotated since it was written)"
    elif engine.key and engine.key_written:
        key += f" (written {engine.key_written})"
    if engine.key_old:
        key += ", older than rotate_after: `producer rotate-root`"
    return engine.name, f"{engine.mount}/", engine.region, engine.state, key


def _role_row(role: RoleStatus) -> tuple[str, ...]:
    return role.name, role.type, role.state, "?" if role.leases is None else str(role.leases)
