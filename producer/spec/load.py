"""From a spec's file to a `Spec`: shapes, then variables and `for_each`, then names and rules. All errors at once."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from producer import policies
from producer.policies import Document, Limit
from producer.spec import engine_rules, login_rules, rules
from producer.spec.lifetimes import too_short
from producer.spec.logins import AnyLogin
from producer.spec.model import Engine, Lease, Login, Role, Root, Spec, Team
from producer.spec.partitions import foreign_arns, near_region, partition_of, sts_endpoint
from producer.spec.schema import EngineModel, RoleModel, Shape, SpecModel, TeamModel, validated
from producer.spec.secrets import secrets_in
from producer.spec.source import Source, Where, read_source
from vault_aws_kit import clock
from vault_aws_kit.errors import (
    DuplicateName,
    GlobMatchesNothing,
    PolicyInvalid,
    Problem,
    SecretInSpec,
    SpecError,
    SpecProblems,
    TtlNotAllowed,
    UnknownReference,
    WrongType,
)

M = TypeVar("M")

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")

NOT_RENDERED = {"type", "for_each", "vars", "policy_document", "ttl", "rotation_period", "protect", "engine"}


def load_spec(path: Path, templates: Sequence[Path] = ()) -> Spec:
    """Read and check a spec. Folders in `templates` are searched before the kit's own.

    Raises SpecNotFound, SpecNotYaml, and SpecProblems with everything else that is wrong.
    """
    return check_spec(read_source(path), templates)


def check_spec(source: Source, templates: Sequence[Path] = ()) -> Spec:
    """The spec that a file's text says. Raises SpecProblems."""
    secrets = [source.problem(_secret(kind), where) for where, kind in secrets_in(source.value)]
    shape = validated(source)
    known = [*secrets, *shape.problems]
    if shape.model is None:
        raise SpecProblems(known)
    return _Loader(source, shape, shape.model, templates, known).spec()


class _Loader:
    """Turns one file's model into a `Spec`, and collects what is wrong on the way."""

    def __init__(
        self, source: Source, shape: Shape, model: SpecModel, templates: Sequence[Path], known: Sequence[Problem]
    ) -> None:
        self._source = source
        self._shape = shape
        self._model = model
        self._templates = templates
        self._problems = list(known)
        self._warnings: list[Problem] = []
        self._partitions = {engine.name: partition_of(engine.region) for engine in model.engines}
        self._engine_names = [engine.name for engine in model.engines] + list(shape.broken["engines"])
        self._broken = [f"/{name}" for name in shape.broken["roles"]]  # wrong in themselves: teams may name them still

    def spec(self) -> Spec:
        engines = [self._engine(number, engine) for number, engine in self._numbered("engines", self._model.engines)]
        roles = [
            role for number, model in self._numbered("roles", self._model.roles) for role in self._roles(number, model)
        ]
        self._distinct("engines", [engine.name for engine in engines], "engine")
        self._distinct("engines", [engine.mount for engine in engines], "mount")
        self._distinct("teams", [team.name for team in self._model.teams], "team")
        found = {role.qualified: role for role, _ in roles}
        self._distinct_roles(roles)
        self._distinct_users(roles)
        known = sorted({*found, *self._broken})
        teams = [self._team(number, team, known) for number, team in self._numbered("teams", self._model.teams)]
        self._together(teams)
        self._warnings += self._unleased(roles)
        if self._problems:
            raise SpecProblems(sorted(self._problems, key=lambda problem: (problem.line, problem.column)))
        spec = Spec(self._model.name, tuple(engines), tuple(found.values()), tuple(teams))
        return replace(spec, warnings=(*self._warnings, *self._too_short(spec)))

    def _numbered(self, part: str, models: Sequence[M]) -> Iterator[tuple[int, M]]:
        """Each sound item with its place in the file's list."""
        return zip(self._shape.numbers[part], models, strict=True)

    # ── engines ──────────────────────────────────────────────────────────────────────────────────

    def _unleased(self, roles: Sequence[tuple[Role, Where]]) -> Iterator[Problem]:
        """Warns of engines whose IAM users nobody gave an end."""
        for number, engine in self._numbered("engines", self._model.engines):
            users = [role.name for role, _ in roles if (role.engine, role.type) == (engine.name, "iam_user")]
            if users and not engine.lease:
                told = (
                    f"Engine {engine.name}: the keys of {', '.join(users[:3])} live as long as Vault's default lease, "
                )
                hint = "Say how long they shall: `lease: {default: 15m, max: 1h}`."
                yield self._source.problem(
                    TtlNotAllowed(f"{told}usually 32 days, as the engine has no `lease`.", hint=hint),
                    ("engines", number),
                )

    def _engine(self, number: int, model: EngineModel) -> Engine:
        near = near_region(model.region)
        if near is not None:
            told = WrongType(
                f"AWS has no region {model.region!r} that is known here.",
                hint=f"Did you mean {near!r}?" if near else "Is it a new one? Then all is well.",
            )
            self._warnings.append(self._source.problem(told, ("engines", number, "region")))
        for where, error in engine_rules.faults(model):
            self._wrong(error, ("engines", number, *where))
        return _engine(model)

    # ── roles ────────────────────────────────────────────────────────────────────────────────────

    def _roles(self, number: int, model: RoleModel) -> Iterator[tuple[Role, Where]]:
        """The roles that one item of the list gives: one, or one for each item of its `for_each`."""
        where: Where = ("roles", number)
        items: Sequence[Any] = [None] if model.for_each is None else model.for_each
        for item in items:
            known = len(self._problems)
            variables = {**self._model.vars, **({} if model.for_each is None else {"item": item})}
            role = self._role(model, variables, where)
            if role:
                yield role, where
            if len(self._problems) > known:
                self._broken += _names(model, items, variables)
                return  # the same would be said of every item

    def _role(self, model: RoleModel, variables: Mapping[str, Any], where: Where) -> Role | None:
        known = len(self._problems)
        with self._collect((*where, "engine")):
            model = model.model_copy(update={"engine": _rendered(model.engine, variables)})
        engine = self._engine_of(model, where)
        partition = self._partitions.get(engine, "")
        variables = {"partition": partition or "aws", **variables}
        with self._collect((*where, "vars")):
            variables = {**variables, **_rendered(model.vars, variables)}
        rendered: dict[str, Any] = {}
        for field in RoleModel.model_fields.keys() - NOT_RENDERED:
            with self._collect((*where, field)):
                rendered[field] = _rendered(getattr(model, field), variables)
        if len(self._problems) > known:
            return None
        model = model.model_copy(update=rendered)
        foreign = rules.foreign(model, partition) if partition else ()
        for field, error in [*rules.faults(model), *self._above_mount(model, engine), *foreign]:
            self._wrong(error, (*where, field))
        document = self._document(model, variables, where, partition)
        return None if len(self._problems) > known else _made(model, engine, document)

    def _above_mount(self, model: RoleModel, engine: str) -> Iterator[rules.Fault]:
        """Vault cuts a lease to what the mount allows, and says nothing."""
        longest = next((found.tune.max_lease_ttl for found in self._model.engines if found.name == engine), None)
        for name, amount in (("default", model.ttl.default), ("max", model.ttl.max)) if model.ttl and longest else ():
            if amount and longest and amount > longest:
                told = f"`ttl.{name}` is longer than the engine's `tune.max_lease_ttl` ({clock.duration(longest)})."
                yield "ttl", TtlNotAllowed(told)

    def _document(self, model: RoleModel, variables: Mapping[str, Any], where: Where, partition: str) -> str:
        """The role's policy as minified JSON, '' where it has none: every source of it, merged."""
        documents: list[Document] = []
        for field, name in [("policy", model.policy), *(("policies", name) for name in model.policies)]:
            if name:
                with self._collect((*where, field)):
                    documents.append(policies.render_template(name, variables, self._templates))
        if model.policy_document is not None:
            with self._collect((*where, "policy_document")):
                documents.append(policies.render_inline(model.policy_document, variables))
        if not documents:
            return ""
        field = next(field for field in ("policy_document", "policies", "policy") if getattr(model, field))
        text = ""
        with self._collect((*where, field)):
            for document in documents:
                policies.check(document)
            merged = policies.merge(documents) if len(documents) > 1 else documents[0]
            text = policies.minify(merged)
            for arn in foreign_arns(merged, partition) if partition else ():
                self._wrong(rules.wrong_partition(arn, partition), (*where, field))
            policies.check_size(text, Limit.USER_INLINE if model.type == "iam_user" else Limit.SESSION)
            self._advise(merged, text, model, (*where, field))
        return text

    def _advise(self, document: Document, text: str, model: RoleModel, where: Where) -> None:
        findings = list(policies.lint(text))
        if model.type == "iam_user" and policies.lacks_get_user(document) and not (model.policy_arns or model.groups):
            findings.append(
                "it doesn't allow iam:GetUser on ${aws:username}, which Terraform's data source needs: "
                "add the template `self-get-user`."
            )
        for finding in findings:
            self._warnings.append(self._source.problem(PolicyInvalid(f"Role {model.name}: {finding}"), where))

    def _engine_of(self, model: RoleModel, where: Where) -> str:
        names = self._engine_names
        if model.engine is None and len(names) == 1:
            return names[0]
        if model.engine is None:
            hint = f"Say which: {', '.join(names)}."
            self._wrong(UnknownReference("There are several engines, and this role names none.", hint=hint), where)
        elif model.engine not in names:
            self._wrong(_unknown("engine", model.engine, names), (*where, "engine"))
        return model.engine or ""

    # ── teams ────────────────────────────────────────────────────────────────────────────────────

    def _team(self, number: int, model: TeamModel, known: Sequence[str]) -> Team:
        where: Where = ("teams", number)
        roles = self._meant(model.roles, known, (*where, "roles"))
        logins = [login for n, one in enumerate(model.auth) for login in self._login(one, roles, (*where, "auth", n))]
        self._distinct_logins(logins, where)
        return Team(model.name, roles, tuple(logins), model.attribution == "strict")

    def _meant(self, patterns: Sequence[str], known: Sequence[str], where: Where) -> tuple[str, ...]:
        """The qualified names of the roles that patterns mean, sorted."""
        roles: set[str] = set()
        for place, pattern in enumerate(patterns):
            with self._collect((*where, place)):
                wanted = str(_rendered(pattern, self._model.vars))
                if not _fits_any(wanted, self._broken):
                    roles.update(_matching(wanted, known))
                else:  # all that it means can't be told yet, but whatever is sound of it
                    roles.update(_fitting(wanted, known))
        return tuple(sorted(roles))

    def _login(self, model: AnyLogin, roles: tuple[str, ...], where: Where) -> Iterator[Login]:
        with self._collect(where):
            model = model.model_copy(update=_rendered(model.model_dump(exclude_unset=True), self._model.vars))
            for field, error in model.faults():
                self._wrong(error, (*where, field))
            own = None if model.roles is None else self._meant(model.roles, roles, (*where, "roles"))
            yield _login(model, own)

    def _distinct_logins(self, logins: Sequence[Login], where: Where) -> None:
        """Each has a role of its own at its mount."""
        seen: set[tuple[str, str]] = set()
        for number, login in enumerate(logins):
            if (login.mount, login.name) in seen:
                told = f"Two logins at {login.mount}/ would have one role there."
                self._wrong(DuplicateName(told, hint="Give each a `name`."), (*where, "auth", number))
            seen.add((login.mount, login.name))

    def _together(self, teams: Sequence[Team]) -> None:
        """What is wrong with the teams' logins taken together."""
        numbers = self._shape.numbers["teams"]
        for (number, place), field, error in login_rules.faults(teams):
            self._wrong(error, ("teams", numbers[number], "auth", place, field))

    def _too_short(self, spec: Spec) -> Iterator[Problem]:
        for number, team in self._numbered("teams", spec.teams):
            for place, login in enumerate(team.logins):
                for field, error in too_short(spec, team, login):
                    yield self._source.problem(error, ("teams", number, "auth", place, field))

    # ── what is wrong ────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _collect(self, where: Where) -> Iterator[None]:
        """Keep an error, with its place, and go on with the rest of the file."""
        try:
            yield
        except SpecError as error:
            self._wrong(error, where)

    def _wrong(self, error: SpecError, where: Where) -> None:
        self._problems.append(self._source.problem(error, where))

    def _distinct(self, part: str, names: Sequence[str], what: str) -> None:
        for number, name in enumerate(names):
            if name in names[:number]:
                field = "mount" if what == "mount" else "name"
                self._wrong(DuplicateName(f"There are two {what}s called {name!r}."), (part, number, field))

    def _distinct_roles(self, roles: Sequence[tuple[Role, Where]]) -> None:
        seen: set[str] = set()
        for role, where in roles:
            if role.qualified in seen:
                told = f"Engine {role.engine!r} has two roles called {role.name!r}."
                self._wrong(DuplicateName(told), (*where, "name"))
            seen.add(role.qualified)

    def _distinct_users(self, roles: Sequence[tuple[Role, Where]]) -> None:
        """AWS keeps two keys for a user: two static roles would delete each other's."""
        seen: dict[tuple[str, str], str] = {}
        for role, where in roles:
            if role.username:
                other = seen.setdefault((role.engine, role.username), role.name)
                if other != role.name:
                    told = f"The static roles {other!r} and {role.name!r} have one IAM user, {role.username!r}."
                    hint = "Keep one of them: each would delete the other's key."
                    self._wrong(DuplicateName(told, hint=hint), (*where, "username"))


def _names(model: RoleModel, items: Sequence[Any], variables: Mapping[str, Any]) -> list[str]:
    """The names that an item of the list of roles would give, as far as they can be known."""
    try:
        names = [policies.render_string(model.name, {**variables, "item": item}) for item in items]
    except SpecError:
        names = [model.name]
    return [f"{model.engine or ''}/{name}" for name in names]


def _rendered(value: Any, variables: Mapping[str, Any]) -> Any:
    """The value with every text in it rendered."""
    if isinstance(value, str):
        return policies.render_string(value, variables)
    if isinstance(value, list):
        return [_rendered(item, variables) for item in value]
    if isinstance(value, dict):
        return {_rendered(key, variables): _rendered(item, variables) for key, item in value.items()}
    return value


def _made(model: RoleModel, engine: str, document: str) -> Role:
    return Role(
        name=model.name,
        engine=engine,
        type=model.type,
        policy_document=document,
        policy_arns=tuple(model.policy_arns),
        groups=tuple(model.groups),
        permissions_boundary=model.permissions_boundary or "",
        path=model.path or "",
        tags=model.tags,
        role_arns=tuple(model.role_arns),
        external_id=model.external_id or "",
        session_tags=model.session_tags,
        default_ttl=(model.ttl.default if model.ttl else None) or 0,
        max_ttl=(model.ttl.max if model.ttl else None) or 0,
        mfa_serial_number=model.mfa_serial_number or "",
        username=model.username or "",
        rotation_period=model.rotation_period or 0,
        protect=model.protect,
    )


def _engine(model: EngineModel) -> Engine:
    lease = Lease(model.lease.default, model.lease.max) if model.lease else None
    keyless = model.config.identity_token_audience
    return Engine(
        name=model.name,
        mount=model.mount,
        region=model.region,
        lease=lease,
        root=Root("keep" if keyless else model.root.credentials, model.root.rotate_after or 0),
        config=_config(model),
        tune=model.tune.model_dump(exclude_none=True),
    )


def _config(model: EngineModel) -> dict[str, Any]:
    """What the spec names, and what that implies: the other way to rotate is off, and STS is found in any partition."""
    named = model.config.model_dump(exclude_none=True)
    endpoint = sts_endpoint(model.region)
    implied: dict[str, Any] = {"sts_endpoint": endpoint} if endpoint else {}
    if named.get("rotation_period"):
        implied |= {"rotation_schedule": "", "rotation_window": 0}
    if named.get("rotation_schedule"):
        implied |= {"rotation_period": 0}
    return {**implied, **named}


def _login(model: AnyLogin, roles: tuple[str, ...] | None) -> Login:
    """`token_ttl` and the like are no fields of every method."""
    return Login(
        method=model.method,
        mount=model.mount or model.method,
        name=model.name or (model.method if roles is not None else ""),
        roles=roles,
        create_mount=model.create_mount,
        token_ttl=getattr(model, "token_ttl", 0) or 0,
        token_max_ttl=getattr(model, "token_max_ttl", 0) or 0,
        secret_id_ttl=getattr(model, "secret_id_ttl", 0) or 0,
        role=model.role(),
        config=model.config(),
        members=tuple((kind, name) for kind in ("groups", "users") for name in getattr(model, kind, ())),
    )


def _fits_any(pattern: str, broken: Sequence[str]) -> bool:
    """Whether a pattern may mean a role that is wrong in itself, in whichever engine that was meant to be.

    Of a name that could not be rendered, what stands in {{ }} may be anything.
    """
    wanted = pattern.rpartition("/")[2]
    names = [name.partition("/")[2] for name in broken]
    return any(
        fnmatch.fnmatchcase(name, wanted) or fnmatch.fnmatchcase(wanted, _EXPRESSION.sub("*", name)) for name in names
    )


def _fitting(pattern: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if fnmatch.fnmatchcase(name if "/" in pattern else name.split("/")[1], pattern)]


def _matching(pattern: str, known: Sequence[str]) -> list[str]:
    """The qualified names that a team's pattern means. Raises GlobMatchesNothing or UnknownReference."""
    found = _fitting(pattern, known)
    is_glob = any(sign in pattern for sign in "*?[")
    if not found and is_glob:
        names = ", ".join(name.removeprefix("/") for name in known[:10]) or "none"
        raise GlobMatchesNothing(f"{pattern!r} matches no role.", hint=f"The roles are: {names}.")
    if not found:
        raise _unknown("role", pattern, [name if "/" in pattern else name.split("/")[1] for name in known])
    if len(found) > 1 and not is_glob:
        raise UnknownReference(f"Several engines have a role {pattern!r}.", hint=f"Write {' or '.join(found)}.")
    return found


def _unknown(what: str, name: str, known: Sequence[str]) -> UnknownReference:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"The spec has: {', '.join(known[:10]) or 'none'}."
    return UnknownReference(f"There is no {what} {name!r}.", hint=hint)


def _secret(kind: str) -> SecretInSpec:
    return SecretInSpec(
        f"This looks like {kind}, and a spec must hold no secrets.",
        hint="Remove it, and replace it at its source: whoever can read the file can use it.",
    )
