"""What the token may do, against all that the producer does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar

from producer import acl
from producer.acl import Grant, Section
from producer.doctor.interface import Case, Check, Need
from vault_aws_kit.findings import Finding


class Capabilities(Check):
    title: ClassVar[str] = "Capabilities"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        sections = acl.sections(case.spec, case.catalog_mount, probe=case.probing)
        samples = [grant.sample for section in sections for grant in section.grants]
        yield from judge(sections, case.vault.capabilities(samples), probing=case.probing)


def judge(
    sections: Sequence[Section], may: Mapping[str, AbstractSet[str]], *, probing: bool = False
) -> Iterator[Finding]:
    """`may` is what the token may do on each grant's sample path. One finding for each purpose."""
    remedy = f"Give it the policy that `producer acl{' --probe' if probing else ''}` prints."
    for section in sections:
        missing = [told for grant in section.grants if (told := _missing(grant, may[grant.sample]))]
        if missing:
            yield Finding("error", section.purpose.rstrip("."), f"The token lacks {'; '.join(missing)}.", remedy)
        else:
            yield Finding("ok", section.purpose.rstrip("."), "The token may do all of it.")


def _missing(grant: Grant, may: AbstractSet[str]) -> str:
    lacks = [] if "root" in may else [one for one in grant.capabilities if one not in may]
    return f"{', '.join(lacks)} on {grant.path}" if lacks else ""
