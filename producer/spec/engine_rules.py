"""Rules that one engine must keep, whatever else is in the spec. Each yields the place at fault and the error.

Source: Vault's AWS engine (path_config_root.go, client.go) and its SDK (automatedrotationutil, pluginidentityutil).
"""

from __future__ import annotations

from collections.abc import Iterator

from producer.spec.partitions import partition_of, partition_of_arn, suits
from producer.spec.rules import wrong_partition
from producer.spec.schema import ConfigModel, EngineModel
from producer.spec.source import Where
from vault_aws_kit.errors import FieldNotForType, SpecError, TtlNotAllowed

Fault = tuple[Where, SpecError]

NEEDS = {
    "sts_region": "sts_endpoint",
    "sts_fallback_endpoints": "sts_endpoint",
    "sts_fallback_regions": "sts_fallback_endpoints",
    "identity_token_audience": "role_arn",
    "identity_token_ttl": "identity_token_audience",
    "role_arn": "identity_token_audience",
    "rotation_window": "rotation_schedule",
}
"""What each of these fields means nothing without."""


def faults(engine: EngineModel) -> Iterator[Fault]:
    """Everything that is wrong with an engine."""
    if engine.lease and engine.lease.default > engine.lease.max:
        yield ("lease",), TtlNotAllowed("`lease.default` is longer than `lease.max`.")
    yield from _tune(engine)
    yield from _config(engine.config)
    yield from _root(engine)
    yield from _partition(engine)


def _tune(engine: EngineModel) -> Iterator[Fault]:
    default, longest = engine.tune.default_lease_ttl, engine.tune.max_lease_ttl
    if engine.lease and longest and engine.lease.max > longest:
        told = "`lease.max` is longer than `tune.max_lease_ttl`, to which Vault would cut it."
        yield ("lease", "max"), TtlNotAllowed(told)
    if default and longest and default > longest:
        yield ("tune", "default_lease_ttl"), TtlNotAllowed("`default_lease_ttl` is longer than `max_lease_ttl`.")


def _config(config: ConfigModel) -> Iterator[Fault]:
    for field, needed in NEEDS.items():
        if getattr(config, field) and not getattr(config, needed):
            yield ("config", field), FieldNotForType(f"`{field}` has no meaning without `{needed}`.")
    if len(config.sts_fallback_endpoints or ()) != len(config.sts_fallback_regions or ()):
        told = "`sts_fallback_endpoints` and `sts_fallback_regions` must have as many items: they belong together."
        yield ("config", "sts_fallback_endpoints"), FieldNotForType(told)
    if config.rotation_period and config.rotation_schedule:
        told = "`rotation_period` and `rotation_schedule` exclude each other."
        yield ("config", "rotation_period"), FieldNotForType(told)


def _root(engine: EngineModel) -> Iterator[Fault]:
    """A root without a key has no credentials to be given."""
    given = engine.root.credentials if "credentials" in engine.root.model_fields_set else "keep"
    if engine.config.identity_token_audience and given != "keep":
        told = "With `identity_token_audience` Vault has no key, so there are no root credentials to give it."
        yield ("root", "credentials"), FieldNotForType(told, hint="Write `keep`, or leave it out.")


def _partition(engine: EngineModel) -> Iterator[Fault]:
    here, config = partition_of(engine.region), engine.config
    if config.role_arn and partition_of_arn(config.role_arn) not in ("", here):
        yield ("config", "role_arn"), wrong_partition(config.role_arn, here)
    for field in ("sts_region", "sts_fallback_regions"):
        value = getattr(config, field) or ()
        for region in (value,) if isinstance(value, str) else value:
            if partition_of(region) != here:
                yield ("config", field), wrong_partition(region, here)
    for field in ("iam_endpoint", "sts_endpoint", "sts_fallback_endpoints"):
        value = getattr(config, field) or ()
        for endpoint in (value,) if isinstance(value, str) else value:
            if not suits(endpoint, engine.region):
                yield ("config", field), wrong_partition(endpoint, here)
