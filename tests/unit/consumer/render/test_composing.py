"""What is said of the folder that a file is for."""

from __future__ import annotations

import pytest

from consumer.render import MODES
from consumer.render.composing import warnings
from consumer.render.interface import Snippet
from consumer.terraform import Folder

from .snippets import FILES


@pytest.mark.parametrize(
    ("required", "missing"),
    [
        (set(), ['hashicorp/vault ">= 3.1" and hashicorp/aws']),
        ({"aws"}, ['hashicorp/vault ">= 3.1"']),
        ({"vault"}, ["hashicorp/aws"]),
        ({"vault", "aws"}, []),
    ],
)
def test_only_what_the_folders_required_providers_lack_is_to_be_added(required, missing):
    folder = Folder(requirements="versions.tf", required=frozenset(required))
    said = list(warnings(MODES["data-source"], Snippet(FILES["one-role"], pins=False), folder))
    asked = [text.partition("add ")[2].removesuffix(" there.") for text in said if "required_providers" in text]
    assert asked == missing
