"""A spec's text made from live engines. Pure: each part is loaded again, and stands in the spec only if it is equal."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from producer.adopt.read import LiveEngine, LiveLogin
from producer.desired import Desired, role_resource
from producer.resources.root_config import NO_REGION
from producer.root import RootKey
from producer.spec.load import check_spec
from producer.spec.partitions import sts_endpoint
from producer.spec.source import CoreLoader, parse
from vault_aws_kit import clock
from vault_aws_kit.errors import KitError, SpecProblems
from vault_aws_kit.vault import Body

CONFIG = (
    ("iam_endpoint",), ("sts_endpoint",), ("sts_region",), ("sts_fallback_endpoints", "sts_fallback_regions"),
    ("max_retries",), ("username_template",), ("role_arn", "identity_token_audience"), ("identity_token_ttl",),
    ("rotation_period",), ("rotation_schedule",), ("rotation_window",), ("disable_automated_rotation",),
)  # fmt: skip
"""Fields of the root config; those that mean nothing without each other together, what is needed before what needs."""
NO_RETRIES_SET = -1
ROLE_FIELDS = {
    "policy_arns": "policy_arns", "iam_groups": "groups", "permissions_boundary_arn": "permissions_boundary",
    "user_path": "path", "iam_tags": "tags", "role_arns": "role_arns", "external_id": "external_id",
    "session_tags": "session_tags", "mfa_serial_number": "mfa_serial_number",
}  # fmt: skip
"""Vault's names of a role's fields, and the spec's."""
WIDTH = 120
"""Characters of a value that are shown where it differs."""
_JINJA = re.compile(r"\{[{%#]")


@dataclass(frozen=True)
class Adopted:
    """The spec's text, and what it could not express (which stands in the text as comments too)."""

    text: str
    warnings: tuple[str, ...]


def write_spec(name: str, engines: Sequence[LiveEngine], logins: Sequence[LiveLogin] = ()) -> Adopted:
    """The spec of these engines; `name` '' takes the first engine's."""
    names = _engine_names([engine.mount for engine in engines])
    warnings: list[str] = []
    spec: dict[str, Any] = {"version": 1, "name": name or names[0], "engines": [], "roles": []}
    documents: dict[str, Any] = {}
    expressed: set[tuple[str, str]] = set()
    for label, live in zip(names, engines, strict=True):
        engine = _engine(label, live, warnings)
        spec["engines"].append(engine)
        for role_name, role in _roles(engine, live, documents, warnings, several=len(engines) > 1):
            spec["roles"].append(role)
            expressed.add((live.mount, role_name))
    head = [f"Made by `producer adopt` from {', '.join(f'{live.mount}/' for live in engines)}, as they were then."]
    head += [f"NOT EXPRESSED: {warning}" for warning in warnings]
    known = [replace(login, grants=tuple(one for one in login.grants if one in expressed)) for login in logins]
    teams = _teams(
        [one for one in known if one.grants], dict(zip([live.mount for live in engines], names, strict=True))
    )
    return Adopted(_comment(head) + dump(spec) + _comment(teams), tuple(warnings))


def escaped(value: Any) -> Any:
    """The value with every text that Jinja would render turned into Jinja that renders that text."""
    if isinstance(value, str):
        return _literal(value) if _JINJA.search(value) else value
    if isinstance(value, list):
        return [escaped(item) for item in value]
    if isinstance(value, Mapping):
        return {escaped(key): escaped(item) for key, item in value.items()}
    return value


def dump(value: Any) -> str:
    """YAML that `producer.spec.source` reads as equal; one object that stands twice is an anchor and its aliases."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=10_000)


class _Dumper(yaml.SafeDumper):
    def generate_anchor(self, node: yaml.Node) -> str:  # noqa: ARG002
        self.last_anchor_id += 1
        return f"shared-{self.last_anchor_id}"

    def ignore_aliases(self, data: Any) -> bool:
        return not (isinstance(data, dict) and data) or super().ignore_aliases(data)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Quoted wherever the spec's own loader, which reads YAML 1.2, would take it for something else than text."""
    patterns = CoreLoader.yaml_implicit_resolvers.get(text[:1], [])
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style='"' if any(regexp.match(text) for _, regexp in patterns) else None
    )


_Dumper.add_representer(str, _text)


def _literal(text: str) -> str:
    inside = text.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return '{{ "' + inside + '" }}'


def _comment(lines: Sequence[str]) -> str:
    return "".join(f"# {part}".rstrip() + "\n" for line in lines for part in line.splitlines() or [""])


def _engine_names(mounts: Sequence[str]) -> list[str]:
    names: list[str] = []
    for mount in mounts:
        base = re.sub(r"[^a-z0-9]+", "-", mount.lower()).strip("-")[:60].strip("-") or "aws"
        number = next(n for n in range(1, len(mounts) + 2) if (base if n == 1 else f"{base}-{n}") not in names)
        names.append(base if number == 1 else f"{base}-{number}")
    return names


# ── engines ──────────────────────────────────────────────────────────────────────────────────────


def _engine(label: str, live: LiveEngine, warnings: list[str]) -> dict[str, Any]:
    """The engine with every setting that can stand in a spec; each is tried alone."""
    root = live.root or {}
    engine: dict[str, Any] = {"name": label, "mount": live.mount, "region": root.get("region") or NO_REGION}
    engine |= {"root": {"credentials": "keep"}, "tune": {}, "config": {}}
    found = live.mounts[f"{live.mount}/"]
    config = found.get("config") or {}
    engine["tune"]["max_lease_ttl"] = _ttl(config.get("max_lease_ttl")) or 0
    if wrong := _wrong({"version": 1, "engines": [engine]}):
        warnings.append(f"{live.mount}/: the engine itself: {wrong}")
    tune = {
        "default_lease_ttl": _ttl(config.get("default_lease_ttl")),
        "description": found.get("description"),
        "listing_visibility": config.get("listing_visibility"),
    }
    for key, value in tune.items():
        if value:
            _try(engine, "tune", {key: value}, live, warnings)
    if live.lease:
        lease = {"default": _go(live.lease.get("lease")), "max": _go(live.lease.get("lease_max"))}
        _try(engine, "lease", lease, live, warnings)
    for values in _config(root, engine["region"]):
        _try(engine, "config", values, live, warnings)
    if live.root is None:
        warnings.append(f"{live.mount}/config/root is not set; a setup will write its region.")
    return {key: value for key, value in engine.items() if value != {}}


def _config(root: Body, region: str) -> Iterator[dict[str, Any]]:
    """The settings of a root config, those that need each other together."""
    if sts_endpoint(region) and not root.get("sts_endpoint"):
        yield {"sts_endpoint": ""}  # else a spec means the partition's own
    for group in CONFIG:
        values = {key: _setting(key, root[key]) for key in group if _is_set(key, root.get(key))}
        if values:
            yield values


def _try(engine: dict[str, Any], part: str, values: Mapping[str, Any], live: LiveEngine, warnings: list[str]) -> None:
    """Keep the values if the spec is valid with them, and say so if it isn't."""
    candidate = {**engine, part: {**engine.get(part, {}), **values}}
    if wrong := _wrong({"version": 1, "engines": [candidate]}):
        warnings.append(f"{live.mount}/: {part} {', '.join(values)}: {wrong}")
    else:
        engine[part] = candidate[part]


def _is_set(key: str, value: Any) -> bool:
    return value != NO_RETRIES_SET if key == "max_retries" and value is not None else bool(value)


def _setting(key: str, value: Any) -> Any:
    return _ttl(value) if key in ("identity_token_ttl", "rotation_period", "rotation_window") else value


def _ttl(value: Any) -> str:
    amount = int(value or 0)
    return clock.duration(amount) if amount else ""


def _go(value: Any) -> str:
    """A lease's TTL without Go's zero parts; as it is where it is no whole number of seconds."""
    try:
        return clock.duration(clock.seconds(str(value)))
    except ValueError:
        return str(value)


# ── roles ────────────────────────────────────────────────────────────────────────────────────────


def _roles(
    engine: Mapping[str, Any], live: LiveEngine, documents: dict[str, Any], warnings: list[str], *, several: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each role that a spec can express, after its name in Vault."""
    made = [("roles", name, _role(name, body, documents), body) for name, body in live.roles.items()]
    made += [("static-roles", name, _static(name, body), body) for name, body in live.static_roles.items()]
    for folder, name, role, body in made:
        if wrong := _wrong({"version": 1, "engines": [engine], "roles": [role]}, body):
            warnings.append(f"{live.mount}/{folder}/{name}: {wrong}")
        else:
            yield name, {**role, "engine": engine["name"]} if several else role


def _role(name: str, body: Body, documents: dict[str, Any]) -> dict[str, Any]:
    role: dict[str, Any] = {"name": escaped(name), "type": body.get("credential_type") or ""}
    for theirs, ours in ROLE_FIELDS.items():
        value = body.get(theirs)
        if value and (theirs, value) != ("user_path", "/"):
            role[ours] = escaped(value)
    ttl = {"default": _ttl(body.get("default_sts_ttl")), "max": _ttl(body.get("max_sts_ttl"))}
    if any(ttl.values()):
        role["ttl"] = {key: value for key, value in ttl.items() if value}
    if text := body.get("policy_document"):
        role["policy_document"] = _document(str(text), documents)
    return role


def _document(text: str, documents: dict[str, Any]) -> Any:
    """The document as a mapping, the same object for equal ones; a text that is no JSON stays one, and is refused."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return documents.setdefault(json.dumps(value, sort_keys=True), escaped(value))


def _static(name: str, body: Body) -> dict[str, Any]:
    role = {"name": escaped(name), "type": "static", "username": escaped(body.get("username") or "")}
    return role | {"rotation_period": _ttl(body.get("rotation_period")), "protect": True}


def _wrong(spec: Mapping[str, Any], live: Body | None = None) -> str:
    """Why the spec can't be loaded, or why its role differs from what is live; '' where it is as it should be."""
    try:
        loaded = check_spec(parse(dump(dict(spec)), "adopted"))
        Desired(loaded, {engine.name: RootKey() for engine in loaded.engines}).resources()
        if live is None:
            return ""
        wanted = role_resource(loaded, loaded.roles[0])
        found = wanted.normalise(live) or {}
        differ = [
            _differing(key, found.get(key), value) for key, value in wanted.body().items() if found.get(key) != value
        ]
        return f"a spec can't say the same: {'; '.join(differ)}" if differ else ""
    except SpecProblems as error:
        return "; ".join(problem.error.message for problem in error.problems)
    except KitError as error:
        return error.message


def _differing(key: str, live: Any, said: Any) -> str:
    """What is in Vault and what a spec would make of it; of long values their beginnings."""
    now, then = (textwrap.shorten(json.dumps(value, ensure_ascii=False), WIDTH) for value in (live, said))
    return f"{key} is {now} in Vault, and would become {then}"


# ── teams ────────────────────────────────────────────────────────────────────────────────────────


def _teams(logins: Sequence[LiveLogin], names: Mapping[str, str]) -> list[str]:
    """Teams are suggested only: a setup would make policies and logins of its own for them."""
    if not logins:
        return []
    teams = [
        {
            "name": re.sub(r"[^a-z0-9]+", "-", login.name.lower()).strip("-") or "team",
            "roles": [f"{names[mount]}/{role}" for mount, role in login.grants],
            "auth": [{"method": login.method, "mount": login.mount, **escaped(login.bound)}],
        }
        for login in logins
    ]
    told = "Logins whose policies grant these roles. As teams they would be made anew, beside the old ones:"
    return ["", told, *dump({"teams": teams}).splitlines()]
