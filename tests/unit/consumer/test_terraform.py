"""What is installed, and what a folder asks of the vault provider."""

from __future__ import annotations

import json

import pytest
from packaging.version import Version

from consumer import terraform
from consumer.terraform import Constraint, Folder, installed, leaves_any, look_at, on_path

PINNED = """
terraform {
  required_version = ">= 1.5"
  required_providers {
    vault = {
      source  = "hashicorp/vault"
      version = "~> 4.2"
    }
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias = "logs"
}
"""
LOCK = """
# This file is maintained automatically by "terraform init".
provider "registry.terraform.io/hashicorp/aws" {
  version = "5.80.0"
}

provider "registry.terraform.io/hashicorp/vault" {
  version     = "3.3.1"
  constraints = ">= 3.1.0"
  hashes = [
    "h1:abc=",
  ]
}
"""


@pytest.fixture
def program(tmp_path):
    """Puts a script on a PATH that has nothing else, and gives that environment."""

    def make(name: str, script: str) -> dict[str, str]:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return {"PATH": str(tmp_path)}

    return make


def test_terraform_tells_its_version(program):
    env = program("terraform", """echo '{"terraform_version": "1.9.8"}'""")
    assert str(installed(env)) == "Terraform 1.9.8"


def test_opentofu_is_taken_where_there_is_no_terraform(program):
    env = program("tofu", """echo '{"terraform_version": "1.11.0"}'""")
    assert str(installed(env)) == "OpenTofu 1.11.0"


def test_terraform_is_asked_without_the_users_settings_and_without_the_network(program, tmp_path):
    script = f"""echo "$CHECKPOINT_DISABLE $TF_CLI_CONFIG_FILE $TF_LOG" > {tmp_path}/seen
echo '{{"terraform_version": "1.9.8"}}'"""
    env = program("terraform", script)
    assert installed({**env, "TF_CLI_CONFIG_FILE": "/broken", "TF_LOG": "trace"})
    assert (tmp_path / "seen").read_text() == "1 /dev/null \n"


@pytest.mark.parametrize(
    "script", ["exit 1", "echo no json", "echo '{}'", "echo '[]'", 'echo \'{"terraform_version": "?"}\'']
)
def test_a_terraform_that_does_not_tell_its_version_is_none(program, script):
    env = program("terraform", script)
    assert installed(env) is None
    assert [path.rpartition("/")[2] for path in on_path(env)] == ["terraform"]


def test_a_terraform_that_hangs_is_none(program, monkeypatch):
    monkeypatch.setattr(terraform, "TIMEOUT", 0.2)
    assert installed(program("terraform", "exec /bin/sleep 30")) is None


def test_nothing_installed_is_none(tmp_path):
    assert installed({"PATH": str(tmp_path)}) is None


def test_a_folder_tells_its_pin_its_lock_and_its_providers(tmp_path):
    (tmp_path / "main.tf").write_text(PINNED)
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK)
    folder = look_at(tmp_path)
    assert folder.constraints == (Constraint("main.tf", "~> 4.2"),)
    assert folder.locked == Version("3.3.1")
    assert folder.requirements == "main.tf"
    assert folder.required == {"vault", "aws"}
    assert folder.providers == {("aws", ""): "main.tf", ("aws", "logs"): "main.tf"}


def test_the_old_way_to_write_a_pin_is_read_too(tmp_path):
    (tmp_path / "main.tf").write_text('terraform {\n  required_providers {\n    vault = "~> 2.0"\n  }\n}\n')
    assert look_at(tmp_path).constraints == (Constraint("main.tf", "~> 2.0"),)


def test_the_provider_is_known_by_its_source_whatever_its_local_name(tmp_path):
    text = PINNED.replace("vault =", "v =", 1)
    (tmp_path / "main.tf").write_text(text)
    assert look_at(tmp_path).constraints == (Constraint("main.tf", "~> 4.2"),)


def test_the_file_that_will_be_replaced_does_not_count(tmp_path):
    (tmp_path / "provider.tf").write_text(PINNED)
    assert look_at(tmp_path, instead={"provider.tf": ""}) == Folder()


def test_an_empty_folder_says_nothing(tmp_path):
    assert look_at(tmp_path) == Folder()


@pytest.mark.parametrize("content", ['provider "aws" {', "required_providers \ufffd \x00"])
def test_a_file_that_is_no_hcl_is_named_and_passed_over(tmp_path, content):
    (tmp_path / "broken.tf").write_text(content)
    (tmp_path / "main.tf").write_text(PINNED)
    folder = look_at(tmp_path)
    assert folder.unreadable == ("broken.tf",)
    assert folder.requirements == "main.tf"


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "binary.tf").write_bytes(b"\xff\xfe")
    assert look_at(tmp_path).unreadable == ("binary.tf",)


@pytest.mark.parametrize(
    ("constraints", "open_to_it"),
    [
        ([], True),
        (["~> 5.0"], True),
        (["~> 5.8"], True),
        (["~> 5.8.1"], True),
        (["~> 5.5.0"], False),
        (["~> 4.2"], False),
        (["= 3.3.1"], False),
        (["3.3.1"], False),
        (["5.6.0"], True),
        ([">= 3.1"], True),
        (["< 5.6"], False),
        (["<= 5.6"], True),
        (["> 5.6, < 5.7"], True),
        (["> 5.6", "!= 5.7"], True),
        ([">= 3", "< 5"], False),
        (["~> 5"], True),
        (["> 5.8, < 5.9"], True),
    ],
)
def test_a_constraint_leaves_a_version_with_ephemeral_credentials_or_not(constraints, open_to_it):
    folder = Folder(constraints=tuple(Constraint("main.tf", text) for text in constraints))
    assert leaves_any(folder.constraints, Version("5.6")) is open_to_it


def test_what_stands_around_our_block_counts_for_the_file(tmp_path):
    (tmp_path / "provider.tf").write_text(PINNED)
    found = look_at(tmp_path, instead={"provider.tf": 'provider "aws" {}\n'})
    assert found.providers == {("aws", ""): "provider.tf"}
    assert found.requirements == ""


def test_the_terraform_that_a_folder_asks_for_is_told(tmp_path):
    (tmp_path / "versions.tf").write_text('terraform {\n  required_version = "~> 1.5"\n}\n')
    assert look_at(tmp_path).terraform == (Constraint("versions.tf", "~> 1.5"),)


@pytest.mark.parametrize("many", [False, True])
def test_files_in_jsons_syntax_are_read_too(tmp_path, many):
    content = {
        "terraform": {
            "required_version": ">= 1.2",
            "required_providers": {"vault": {"source": "hashicorp/vault", "version": "~> 4.0"}},
        },
        "provider": {"aws": [{"region": "x"}, {"alias": "logs"}]},
    }
    listed = {kind: [block] for kind, block in content.items()}
    (tmp_path / "main.tf.json").write_text(json.dumps(listed if many else content))
    assert look_at(tmp_path) == Folder(
        constraints=(Constraint("main.tf.json", "~> 4.0"),),
        terraform=(Constraint("main.tf.json", ">= 1.2"),),
        requirements="main.tf.json",
        required=frozenset({"vault"}),
        providers={("aws", ""): "main.tf.json", ("aws", "logs"): "main.tf.json"},
    )


@pytest.mark.parametrize("text", ["[]", "1", '{"terraform": 1, "provider": [2]}', ""])
def test_json_that_says_nothing_of_terraform_says_nothing(tmp_path, text):
    (tmp_path / "main.tf.json").write_text(text)
    assert look_at(tmp_path) == Folder()


def test_json_that_is_none_is_named(tmp_path):
    (tmp_path / "main.tf.json").write_text("{")
    assert look_at(tmp_path).unreadable == ("main.tf.json",)
