"""AWS's partitions: which one a region, an ARN or an endpoint belongs to.

Source: botocore's data/partitions.json, which a test compares with this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from producer.policies import Document

DNS_SUFFIX: Mapping[str, str] = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}
_PREFIXES: Mapping[str, str] = {
    "cn-": "aws-cn",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "us-gov-": "aws-us-gov",
}


def partition_of(region: str) -> str:
    """The partition of a region: "aws" for all that have none of their own."""
    return next((found for prefix, found in _PREFIXES.items() if region.startswith(prefix)), "aws")


def partition_of_arn(arn: str) -> str:
    """The partition that an ARN names, '' where it leaves that open."""
    parts = arn.split(":", 2)
    return parts[1] if parts[0] == "arn" and parts[1:] and parts[1] in DNS_SUFFIX else ""


def suits(endpoint: str, region: str) -> bool:
    """Whether AWS's endpoint at this URL may serve the region; one that isn't AWS's own always may."""
    host = endpoint.removeprefix("https://").removeprefix("http://").split("/")[0].split(":")[0]
    owners = {suffix for suffix in DNS_SUFFIX.values() if host.endswith(f".{suffix}")}
    return not owners or DNS_SUFFIX[partition_of(region)] in owners


def near_region(region: str) -> str | None:
    """What a region that this botocore doesn't know is likely to mean, '' for no guess; None where it knows it.

    Source: botocore's data/partitions.json, which may be older than AWS's latest region.
    """
    import difflib

    from botocore.loaders import Loader

    known = [name for partition in Loader().load_data("partitions")["partitions"] for name in partition["regions"]]
    if region in known:
        return None
    return next(iter(difflib.get_close_matches(region, known, n=1)), "")


def sts_endpoint(region: str) -> str:
    """The STS endpoint that an engine of this region must be told, '' where it finds the right one itself.

    Vault's engine takes every region's to be below amazonaws.com (builtin/logical/aws/client.go, matchingSTSEndpoint).
    """
    suffix = DNS_SUFFIX[partition_of(region)]
    return "" if suffix == DNS_SUFFIX["aws"] else f"https://sts.{region}.{suffix}"


def foreign_arns(document: Document, partition: str) -> Iterator[str]:
    """The resources in a policy that name another partition: AWS refuses a policy with one."""
    statements = document.get("Statement") or []
    for statement in statements if isinstance(statements, list) else [statements]:
        for arn in (*_texts(statement.get("Resource")), *_texts(statement.get("NotResource"))):
            if partition_of_arn(arn) not in ("", partition):
                yield arn


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for text in found if isinstance(text, str)]
