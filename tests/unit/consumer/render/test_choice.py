"""Which mode is chosen, and why."""

from __future__ import annotations

import pytest
from packaging.version import Version

from consumer.render.choice import check_ephemeral, choose, too_old
from consumer.render.floors import Floor
from consumer.terraform import Constraint, Folder, Program
from vault_aws_kit.errors import ModeImpossible, TerraformMissing

OLD = Folder(constraints=(Constraint("main.tf", "~> 4.0"),))
LOCKED = Folder(locked=Version("3.3.1"))


def terraform(version: str):
    return lambda: Program("terraform", Version(version))


def unasked() -> Program:
    raise AssertionError("Terraform was asked for its version without need")


def test_a_new_terraform_and_nothing_pinned_is_ephemeral():
    choice = choose(Folder(), terraform("1.11.4"))
    assert choice.mode == "ephemeral"
    assert "Terraform 1.11.4" in choice.why


def test_an_old_terraform_is_data_source():
    choice = choose(Folder(), terraform("1.10.5"))
    assert choice.mode == "data-source"
    assert "Terraform 1.10.5 is older than 1.11" in choice.why


def test_a_prerelease_of_the_oldest_terraform_that_works_is_still_too_old():
    assert choose(Folder(), terraform("1.11.0-rc1")).mode == "data-source"


def test_an_old_pin_decides_without_terraform():
    choice = choose(OLD, unasked)
    assert choice.mode == "data-source"
    assert "main.tf asks for vault provider '~> 4.0'" in choice.why


def test_an_old_lock_decides_without_terraform():
    choice = choose(LOCKED, unasked)
    assert choice.mode == "data-source"
    assert ".terraform.lock.hcl locks vault provider 3.3.1" in choice.why


def test_a_new_lock_is_named_as_a_reason():
    assert "locks vault provider 5.8.0" in choose(Folder(locked=Version("5.8.0")), terraform("1.12.0")).why


def test_no_terraform_where_it_would_decide_is_an_error_that_says_what_to_do():
    with pytest.raises(TerraformMissing) as failure:
        choose(Folder(), lambda: None)
    assert "--mode" in failure.value.hint


def test_a_terraform_that_told_no_version_is_named():
    with pytest.raises(TerraformMissing, match="/opt/terraform version -json` told no version") as failure:
        choose(Folder(), lambda: None, lambda: ["/opt/terraform"])
    assert "--mode" in failure.value.hint


def test_ephemeral_by_name_needs_no_terraform_here():
    check_ephemeral(Folder(), None)


def test_ephemeral_by_name_under_an_old_pin_is_refused():
    with pytest.raises(ModeImpossible, match=r"~> 4\.0"):
        check_ephemeral(OLD, None)


def test_ephemeral_by_name_with_an_old_terraform_is_refused():
    with pytest.raises(ModeImpossible, match=r"1\.5\.7"):
        check_ephemeral(Folder(), Program("terraform", Version("1.5.7")))


def test_ephemeral_by_name_over_an_old_lock_is_allowed_as_init_can_upgrade():
    check_ephemeral(LOCKED, terraform("1.11.4")())


def test_a_terraform_that_the_folder_does_not_allow_is_data_source():
    choice = choose(Folder(terraform=(Constraint("versions.tf", "~> 1.5.0"),)), unasked)
    assert choice.mode == "data-source"
    assert "versions.tf asks for Terraform '~> 1.5.0'" in choice.why


def test_a_terraform_that_the_folder_leaves_open_is_asked():
    assert choose(Folder(terraform=(Constraint("versions.tf", "~> 1.5"),)), terraform("1.11.4")).mode == "ephemeral"


def test_a_pin_or_a_lock_below_what_was_rendered_is_told():
    floor = Floor("5.6", "the first with x")
    assert "main.tf asks for vault provider '~> 4.0'" in too_old(OLD, floor)[0]
    assert "terraform init -upgrade" in too_old(LOCKED, floor)[0]
    assert too_old(Folder(locked=Version("5.6.0")), floor) == []
    assert too_old(OLD, None) == []
