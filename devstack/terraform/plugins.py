"""Where Terraform gets the vault and aws providers from: their registry where it answers, else a mirror built here.

The mirror holds the newest versions that Go's module proxy has as modules that can be built: old ones, without
ephemeral resources. Their versions stand in `versions`, their sources' in `providers/*/go.mod`.
"""

from __future__ import annotations

import functools
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from devstack import cache, go
from devstack.steps import step
from devstack.versions import AWS_PROVIDER, VAULT_PROVIDER

SOURCES = Path(__file__).parents[1] / "providers"
REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
PATIENCE = 3  # seconds


@dataclass(frozen=True)
class Provider:
    """A provider that can be built."""

    name: str
    version: str
    package: str
    expect: str

    @property
    def module(self) -> Path:
        return SOURCES / self.name


PROVIDERS = (
    Provider("aws", AWS_PROVIDER, "github.com/terraform-providers/terraform-provider-aws", "about two minutes"),
    Provider("vault", VAULT_PROVIDER, "github.com/hashicorp/terraform-provider-vault", "about two minutes"),
)


def config(registry: str) -> Path | None:
    """The CLI configuration file that makes Terraform use the mirror; None where the registry answers."""
    if answers(registry):
        return None
    text = _installation()
    folder = cache.kept(f"terraformrc-{cache.key(text)}", lambda made: _write(made / "terraform.tfrc", text))
    return folder / "terraform.tfrc"


def prepare() -> None:
    """Begin with what `config` will want, while Terraform itself is still being got."""
    if not answers(REGISTRIES[0]):
        mirrors()


@functools.cache
def answers(registry: str) -> bool:
    """Whether a registry can be reached the way that Terraform will try it: past every proxy."""
    try:
        with build_opener(ProxyHandler({})).open(
            f"https://{registry}/.well-known/terraform.json", timeout=PATIENCE
        ) as answer:
            return "providers.v1" in json.load(answer)
    except (URLError, OSError, ValueError):
        return False


def mirrors() -> dict[Provider, Path]:
    """A mirror's folder for each provider, built if need be: all at once, because linking keeps only one core busy."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(PROVIDERS, pool.map(_mirror, PROVIDERS), strict=True))


def _mirror(provider: Provider) -> Path:
    def build(folder: Path) -> None:
        compiler = go.toolchain(provider.module)
        first, *others = (folder / _place(provider, registry) for registry in REGISTRIES)
        first.mkdir(parents=True)
        what = f"Terraform's {provider.name} provider {provider.version}"
        with step(f"Building {what}", f"Built {what}", expect=provider.expect):
            output = first / f"terraform-provider-{provider.name}_v{provider.version}_x5"
            compiler.build(provider.module, provider.package, output)
        for other in others:
            other.parent.mkdir(parents=True)
            other.symlink_to(os.path.relpath(first, other.parent))

    sources = [provider.module / name for name in ("go.mod", "go.sum")]
    places = [str(_place(provider, registry)) for registry in REGISTRIES]
    return cache.kept(f"provider-{provider.name}-{cache.key(*sources, *places)}", build)


def _place(provider: Provider, registry: str) -> Path:
    """Where a mirror holds a provider. Of all these folders, only the last may be a link: others are not followed."""
    return Path(registry) / "hashicorp" / provider.name / provider.version / "_".join(go.platform())


def _installation() -> str:
    blocks = [_block("filesystem_mirror", {"path": str(m), "include": _names(p)}) for p, m in mirrors().items()]
    rest = _block("direct", {"exclude": [name for provider in PROVIDERS for name in _names(provider)]})
    return "\n".join(["provider_installation {", *blocks, rest, "}", ""])


def _names(provider: Provider) -> list[str]:
    return [f"{registry}/hashicorp/{provider.name}" for registry in REGISTRIES]


def _block(kind: str, arguments: dict[str, str | list[str]]) -> str:
    """A block in HCL. JSON's strings are HCL's too but for `${` and `%{`, which a path might hold."""
    lines = [f"    {name} = {_quoted(value)}" for name, value in arguments.items()]
    return "\n".join([f"  {kind} {{", *lines, "  }"])


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _write(path: Path, text: str) -> None:
    path.write_text(text)
