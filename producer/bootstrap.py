"""Giving an engine an IAM user of its own, whose working key nobody knows: make it, hand it over, have Vault rotate.

Every run looks at what is there and does what is missing, so one that was killed is simply run again. The user is the
engine's alone (a tag says so): a key of it that Vault doesn't hold is left over from a run that was killed, and goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from producer import root, root_user
from producer.desired import Desired
from producer.diff import Plan, diff
from producer.iam_account import IamAccount, IamKey, open_account
from producer.lock import SetupLock
from producer.owned import Mark, read_owned, record_owned
from producer.pipeline import apply, make_catalog, observe, remembered
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.interface import Resource
from producer.root import RootKey, engine_entry, root_config
from producer.root_policy import RootUser, root_documents
from producer.root_user import FoundUser
from producer.rotate_root import key_in_vault, record, rotate
from producer.spec import Engine, Spec
from vault_aws_kit import IAM_PATH, clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT, engine_path
from vault_aws_kit.errors import AwsError, PartlyApplied, RootHasNoKey, UnknownReference
from vault_aws_kit.vault import Vault

StepName = Literal["mounts", "user", "policy", "spare", "key", "rotate", "record"]


@dataclass(frozen=True)
class Step:
    """One thing to do, and how a person is told."""

    name: StepName
    text: str


@dataclass(frozen=True)
class Choices:
    """What the caller decides. `user` '' is vak-SPEC-ENGINE; `boundary` is of the root user itself."""

    user: str = ""
    path: str = IAM_PATH
    boundary: str = ""
    catalog_mount: str = CATALOG_MOUNT
    take_over: bool = False
    lock_wait: float = 0.0


Approve = Callable[[Sequence[Step]], None]


@dataclass(frozen=True)
class Bootstrap:
    """The bootstrap of one engine."""

    spec: Spec
    engine: Engine
    vault: Vault
    account: IamAccount
    choices: Choices = Choices()

    @property
    def user(self) -> RootUser:
        """With the mount's accessor: another Vault's spec of the same name has a user of its own."""
        mount = (self.vault.read("sys/mounts") or {}).get(f"{self.engine.mount}/") or {}
        found = wanted_user(self.spec, self.engine, self.choices, self.account.account)
        return replace(found, owner=f"{found.owner}/{mount.get('accessor', '')}")

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.vault, self.choices.catalog_mount)

    def run(self, approve: Approve = lambda _: None) -> list[Step]:
        """Look, ask, do. Returns what was done. Raises RootHasNoKey, RootUserTaken, NotOurs and what `approve` does."""
        steps = self.look()
        if not steps:
            return []
        approve(steps)
        make_catalog(self._mounts(), self.vault, self.catalog)
        with SetupLock(self.catalog, self.spec.name, wait=self.choices.lock_wait) as lock:
            for step in self.look():  # somebody may have done some of it meanwhile
                lock.check()
                getattr(self, f"do_{step.name}")()
        return steps

    def look(self) -> list[Step]:
        """What is missing."""
        if self.engine.keyless:
            raise keyless(self.engine)
        found = root_user.find_user(self.account, self.user)
        keys = self.account.keys(self.user.name) if found else []
        in_vault = key_in_vault(self.engine, self.vault)
        return [*self._look_around(found), *self._look_at_keys(keys, in_vault)]

    # ── what is missing ──────────────────────────────────────────────────────────────────────────

    def _look_around(self, found: FoundUser | None) -> list[Step]:
        missing = [action.resource.path for action in self._mounts().changes]
        steps = [Step("mounts", f"+ Vault mounts: {', '.join(missing)}")] if missing else []
        if found is None:
            steps.append(Step("user", f"+ IAM user {self.user.arn}"))
        if found is None or list(found.documents) != self._documents():
            sign = "~" if found and found.documents else "+"
            steps.append(Step("policy", f"{sign} IAM policies of {self.user.name}"))
        return steps

    def _look_at_keys(self, found: Sequence[IamKey], in_vault: str) -> list[Step]:
        keys = [key.id for key in found if key.active]
        spare = [key.id for key in found if key.id != in_vault]
        steps = [Step("spare", f"- spare access keys {', '.join(spare)}, which Vault doesn't hold")] if spare else []
        entry = remembered(self.catalog, self.spec, self.engine)
        if in_vault not in keys or not self._key_can_stay():
            before = f" in place of {in_vault}, which AWS keeps" if in_vault and in_vault not in keys else ""
            steps.append(Step("key", f"+ access key, given to {self.engine.mount}/config/root{before}"))
            return [*steps, Step("rotate", "~ Vault replaces that key by one that nobody knows")]
        if entry and entry.access_key_id == in_vault:
            return [*steps, Step("rotate", f"~ Vault replaces the key {in_vault} by one that nobody knows")]
        if entry is None or (entry.rotated_key_id, entry.principal) != (in_vault, self.user.arn):
            steps.append(Step("record", f"~ the catalog: {in_vault} was made by Vault"))
        return steps

    def _key_can_stay(self) -> bool:
        path = f"{self.engine.mount}/config/root"
        found = self.vault.help(path)
        return root.can_stay(self.engine, self.vault.read(path) or {}, lambda: bool(found and found.merges))

    # ── each step ────────────────────────────────────────────────────────────────────────────────

    def do_mounts(self) -> None:
        self._apply(self._mounts())

    def do_user(self) -> None:
        root_user.make_user(self.account, self.user, self.choices.boundary)

    def do_policy(self) -> None:
        root_user.write_policies(self.account, self.user, self._documents())

    def do_spare(self) -> None:
        root_user.delete_keys(self.account, self.user, but=key_in_vault(self.engine, self.vault))

    def do_key(self) -> None:
        """The catalog is told first: a key in Vault that it names is one that is still to be rotated."""
        key_id, secret = root_user.make_key(self.account, self.user)
        answer = self.vault.read(f"{self.engine.mount}/config/root")
        now = clock.timestamp(clock.now())
        key = RootKey(key_id, secret, key_id, now, root.kept(answer), principal=self.user.arn)
        self.catalog.write(engine_path(self.spec.name, self.engine.name), engine_entry(self.engine, key).to_json())
        self._apply(self._plan([root_config(self.engine, key)]))

    def do_rotate(self) -> None:
        self.do_spare()  # Vault needs room for a second key
        rotate(self.engine, self.vault)
        self.do_record()

    def do_record(self) -> None:
        key = key_in_vault(self.engine, self.vault)
        made = next((clock.timestamp(one.created) for one in self.account.keys(self.user.name) if one.id == key), "")
        record(self.catalog, self.spec, self.engine, key, self.user.arn, made)
        self._own_entry()

    def _own_entry(self) -> None:
        """The engine's entry in the catalog is ours: else a setup would claim what this has written."""
        entry = CatalogEntry(self.catalog.mount, engine_path(self.spec.name, self.engine.name), "")
        owned = read_owned(self.catalog, self.spec.name)
        record_owned(self.catalog, self.spec.name, owned, {entry.key: Mark(), **owned})

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _documents(self) -> list[dict[str, Any]]:
        return root_documents(self.spec, self.engine, self.user)

    def _mounts(self) -> Plan:
        """The mounts that are not there yet, as `setup` makes them; what differs is left to it."""
        keys = {engine.name: RootKey() for engine in self.spec.engines}
        wanted = Desired(self.spec, keys, self.choices.catalog_mount).resources()
        own = (f"sys/mounts/{self.choices.catalog_mount}", f"sys/mounts/{self.engine.mount}")
        plan = self._plan([one for one in wanted if one.path in own])
        return Plan(plan.spec, tuple(action for action in plan.actions if action.verb == "create"))

    def _plan(self, resources: Sequence[Resource]) -> Plan:
        owned = read_owned(self.catalog, self.spec.name)
        seen = observe(resources, self.vault)
        return Plan(self.spec.name, diff(resources, seen, owned, take_over=self.choices.take_over))

    def _apply(self, plan: Plan) -> None:
        try:
            apply(plan, self.vault, catalog_mount=self.choices.catalog_mount)
        except PartlyApplied as error:
            hint = "Mend the cause and run `producer bootstrap` again: it goes on from there."
            raise PartlyApplied(error.message, hint=hint) from None


def wanted_user(spec: Spec, engine: Engine, choices: Choices, account: str = "*") -> RootUser:
    """The IAM user that an engine is to have."""
    name = choices.user or f"vak-{spec.name}-{engine.name}"
    path = f"/{choices.path.strip('/')}/".replace("//", "/")
    return RootUser(name, path, f"{spec.name}/{engine.name}", engine.partition, account)


def engines_named(spec: Spec, name: str) -> list[Engine]:
    """The engine of that name, or all that have a key. Raises UnknownReference or RootHasNoKey."""
    if name:
        if name not in spec.engine_named:
            raise UnknownReference(f"The spec has no engine {name!r}.", hint=f"It has {', '.join(spec.engine_named)}.")
        return [spec.engine_named[name]]
    engines = [engine for engine in spec.engines if not engine.keyless]
    if not engines:
        raise keyless(spec.engines[0])
    return engines


def account_if_any() -> IamAccount | None:
    """The account of the AWS credentials here, None where there are none that work."""
    try:
        return open_account()
    except AwsError:
        return None


def keyless(engine: Engine) -> RootHasNoKey:
    return RootHasNoKey(
        f"Engine {engine.name!r} has no key: with `identity_token_audience` it takes a role by tokens of its own.",
        hint="There is nothing to make and nothing to rotate.",
    )
