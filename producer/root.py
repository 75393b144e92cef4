"""Root credentials: which AWS key an engine is to hold, and where it comes from.

They are needed only while the engine has none. A key in Vault that isn't the one last written was rotated since
(by `rotate-root`, or by Vault itself), and is kept: nobody knows its secret any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from producer.resources.root_config import RootConfig
from producer.spec import Engine
from vault_aws_kit import clock
from vault_aws_kit.contract import EngineEntry
from vault_aws_kit.errors import (
    AwsError,
    AwsRefused,
    AwsUnreachable,
    NoAwsCredentials,
    RootKeyUnknown,
    TemporaryAwsCredentials,
)
from vault_aws_kit.vault import Body

if TYPE_CHECKING:
    import boto3

PROFILE = "profile:"


@dataclass(frozen=True)
class RootKey:
    """The AWS key of an engine. `id` is '' where Vault is left to find its own; `secret` where it is not to be written.

    `last_written_id` and what follows it are what the catalog is to remember (see EngineEntry); `kept` is what Vault's
    root config holds besides the key.
    """

    id: str = ""
    secret: str = field(default="", repr=False)
    last_written_id: str = ""
    last_written_at: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rotated_id: str = ""
    rotated_at: str = ""
    principal: str = ""


@dataclass(frozen=True)
class AwsKey:
    """A long-lived AWS access key."""

    id: str
    secret: str = field(repr=False)


FindKey = Callable[[Engine], AwsKey]


def root_key(
    engine: Engine,
    answer: Body | None,
    remembered: EngineEntry | None,
    find: FindKey,
    merges: Callable[[], bool] = lambda: False,
) -> RootKey:
    """Decide which key an engine is to hold. `answer` is its config/root; `find` is asked only where it must be.

    `merges` says whether the engine keeps a key that a write leaves out, and is asked only where that matters. Raises
    RootKeyUnknown where it doesn't, the config must change, and the key that is found is not Vault's; and what `find`
    raises.
    """
    last_id = remembered.access_key_id if remembered else ""
    last_at = remembered.key_written if remembered else ""
    found = answer or {}
    in_vault = str(found.get("access_key") or "")
    rest = kept(answer)
    keep = engine.root.credentials == "keep"
    if not in_vault and not keep:
        new = find(engine)
        return RootKey(new.id, new.secret, new.id, clock.timestamp(clock.now()), rest)
    secret = "" if can_stay(engine, found, merges) else _secret_of(in_vault, engine, find)
    key = RootKey(
        rotated_id=remembered.rotated_key_id if remembered else "",
        rotated_at=remembered.key_rotated if remembered else "",
        principal=remembered.principal if remembered else "",
        secret=secret,
        last_written_at=last_at,
        kept=rest,
    )
    if keep:
        return replace(key, last_written_id=last_id)
    return replace(key, id=in_vault, last_written_id=last_id or in_vault)


def kept(answer: Body | None) -> Body:
    """What a root config holds besides the key."""
    return {name: value for name, value in (answer or {}).items() if name != "access_key" and value is not None}


def engine_entry(engine: Engine, key: RootKey) -> EngineEntry:
    """What the catalog is to hold of an engine that has this key."""
    return EngineEntry(
        name=engine.name,
        mount=engine.mount,
        region=engine.region,
        access_key_id=key.last_written_id,
        key_written=key.last_written_at,
        rotated_key_id=key.rotated_id,
        key_rotated=key.rotated_at,
        principal=key.principal,
    )


def root_config(engine: Engine, key: RootKey) -> RootConfig:
    """The root config that an engine is to have, with that key."""
    return RootConfig(
        mount=engine.mount,
        region=engine.region,
        access_key_id=key.id,
        secret_access_key=key.secret,
        settings=engine.config,
        kept=key.kept,
        drop_key=engine.keyless,
    )


def can_stay(engine: Engine, found: Body, merges: Callable[[], bool]) -> bool:
    """Whether Vault's key need not be written: there is none, nothing changes, or a write leaves it alone."""
    if not found.get("access_key") or engine.keyless:
        return True
    wanted = root_config(engine, RootKey())
    return wanted.normalise(found) == wanted.body() or merges()


def _secret_of(key_id: str, engine: Engine, find: FindKey) -> str:
    """The secret of the key in Vault: older engines forget it when another field is written without it."""
    try:
        key = AwsKey("", "") if engine.root.credentials == "keep" else find(engine)
    except AwsError:
        key = AwsKey("", "")
    if key.id != key_id:
        raise RootKeyUnknown(
            f"The root config of engine {engine.name!r} must change, but Vault holds the key {key_id}, "
            "whose secret is not among the credentials here, and this server's engine forgets a key that is not "
            "written again with the rest.",
            hint=f"Give the engine a fresh key: `producer bootstrap`. Or set AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY to {key_id} and its secret, and run again.",
        )
    return key.secret


def key_for_plan(engine: Engine) -> AwsKey:
    """A stand-in for the key that `setup` will look for: a plan needs no AWS credentials."""
    return AwsKey(f"(from {engine.root.credentials})", "")


def key_from_aws(engine: Engine) -> AwsKey:
    """The key that boto3 finds for this engine, after AWS has accepted it.

    Raises NoAwsCredentials, TemporaryAwsCredentials, AwsRefused or AwsUnreachable.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ProfileNotFound

    profile = engine.root.credentials.removeprefix(PROFILE) if engine.root.credentials.startswith(PROFILE) else None
    try:
        session = boto3.Session(profile_name=profile, region_name=engine.region)
        found = session.get_credentials()
        frozen = found.get_frozen_credentials() if found else None
    except ProfileNotFound:
        raise NoAwsCredentials(
            f"Engine {engine.name!r} takes its root credentials from the AWS profile {profile!r}, which doesn't exist.",
            hint="Add it to ~/.aws/credentials, or correct `root.credentials` in the spec.",
        ) from None
    except BotoCoreError as error:
        raise NoAwsCredentials(
            f"AWS credentials for engine {engine.name!r} can't be read: {str(error).rstrip('.')}.",
            hint="Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or correct ~/.aws.",
        ) from None
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        raise NoAwsCredentials(
            f"Engine {engine.name!r} has no root credentials yet, and there are no AWS credentials here to give it.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the key of an IAM user made for Vault, or write "
            "`root: {credentials: keep}` in the spec if Vault shall use its own identity.",
        )
    if frozen.token or frozen.access_key.startswith("ASIA"):
        raise _temporary(engine)
    _check(session, engine, frozen.access_key)
    return AwsKey(frozen.access_key, frozen.secret_key)


def _temporary(engine: Engine) -> TemporaryAwsCredentials:
    return TemporaryAwsCredentials(
        f"The AWS credentials here are temporary, and engine {engine.name!r} can't use those: it has no place for a "
        "session token, and they would soon expire.",
        hint="Give it the access key of an IAM user made for Vault; or, where Vault runs with an AWS role of its own, "
        "write `root: {credentials: keep}` in the spec.",
    )


def _check(session: boto3.Session, engine: Engine, key_id: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session.client("sts").get_caller_identity()
    except ClientError as error:
        said = error.response.get("Error", {})
        raise AwsRefused(
            f"AWS refuses the root credentials for engine {engine.name!r} (key {key_id}): "
            f"{said.get('Code', 'unknown')}: {said.get('Message', '')}",
            hint="Check the key and the region's partition; a key that was just made can take some seconds to work.",
        ) from None
    except BotoCoreError as error:
        raise AwsUnreachable(
            f"AWS can't be asked about the root credentials for engine {engine.name!r}: {error}",
            hint="Check the network, HTTPS_PROXY and AWS_CA_BUNDLE.",
        ) from None
