"""The engines: mounted, of the right type, and knowing the fields that the spec asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from producer.desired import Desired
from producer.doctor.interface import Case, Check, Need
from producer.fields import lacking
from producer.root import RootKey
from producer.spec import Engine
from vault_aws_kit.findings import Finding
from vault_aws_kit.vault import Body


class Engines(Check):
    title: ClassVar[str] = "Engines"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        keys = {engine.name: RootKey() for engine in case.spec.engines}
        resources = Desired(case.spec, keys, case.catalog_mount).resources()
        for engine in case.spec.engines:
            mounted = judge_mount(engine, case.mounts.get(f"{engine.mount}/"))
            if mounted.severity == "error":
                yield mounted
                continue
            own = [one for one in resources if one.help_path.startswith(f"{engine.mount}/")]
            unknown = [Finding("error", engine.name, e.message, e.hint) for e in lacking(own, case.vault)]
            yield from unknown or [mounted]


def judge_mount(engine: Engine, found: Body | None) -> Finding:
    """`found` is the mount as sys/mounts has it, None where there is none."""
    if found is None:
        told = f"Nothing is mounted at {engine.mount}/."
        return Finding("error", engine.name, told, "Run `producer setup`; or check VAULT_NAMESPACE.")
    if found.get("type") != "aws":
        told = f"The mount {engine.mount}/ is of type {found.get('type')}, not aws."
        return Finding(
            "error", engine.name, told, "Give the engine another `mount` in the spec, or move that one away."
        )
    version = found.get("running_plugin_version") or found.get("plugin_version")
    told = f"It is mounted at {engine.mount}/, and knows the fields that the spec asks for."
    return Finding("ok", engine.name, f"{told} Version {version}." if version else told)
