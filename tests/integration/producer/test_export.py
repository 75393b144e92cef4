"""`producer export`: what the teams' catalog says goes to a file, and a consumer that has no Vault renders the same."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from consumer.cli import main
from vault_aws_kit import errors


@pytest.fixture
def exported(producer, tmp_path):
    assert producer("setup", "--yes").code == 0
    file = tmp_path / "web.json"
    run = producer("export", "--team", "web", "--out", str(file))
    assert run.code == 0, run.err
    return file


@pytest.fixture
def offline(monkeypatch, capfd):
    """Runs the consumer where no Vault answers, and no token is."""

    def run(*argv: str):
        monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
        monkeypatch.delenv("VAULT_TOKEN", raising=False)
        capfd.readouterr()
        code = main(list(argv))
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def test_what_is_rendered_from_the_file_is_what_is_rendered_from_vault(exported, producer, unique, offline, capfd):
    render = ["render", "--role", "net", "--mode", "data-source"]
    assert main([*render, "--catalog-mount", f"catalog-{unique}", "--team", f"{unique}/web"]) == 0
    with_vault = capfd.readouterr().out
    assert offline(*render, "--catalog", str(exported))[:2] == (0, with_vault)
    assert "vault_aws_access_credentials" in with_vault


def test_roles_can_be_listed_from_the_file(exported, offline, unique):
    code, out, err = offline("roles", "--catalog", str(exported), "--format", "json")
    assert (code, err) == (0, "")
    assert [role["role"] for role in json.loads(out)] == ["app", "net"]
    assert json.loads(out)[0]["teams"] == [f"{unique}/web"]


def test_it_says_what_it_wrote_with_the_digest_that_stands_in_the_file(producer, exported):
    said = producer("export", "--team", "web", "--out", str(exported)).err
    assert f"SHA-256 {json.loads(exported.read_text())['sha256']}" in said
    assert "2 roles" in said


def test_the_digest_is_of_the_catalogs_one_json_text(exported):
    content = json.loads(exported.read_text())
    text = json.dumps(content["catalog"], sort_keys=True, separators=(",", ":"))
    assert content["sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_without_out_it_is_printed(producer, exported):
    assert producer("export", "--team", "web").out == exported.read_text()


def test_there_is_no_secret_in_it(exported, stack):
    text = exported.read_text()
    assert stack.env["AWS_SECRET_ACCESS_KEY"] not in text
    assert stack.vault_token not in text


def test_another_indentation_is_no_damage(exported, offline):
    exported.write_text(json.dumps(json.loads(exported.read_text())))
    assert offline("roles", "--catalog", str(exported))[0] == 0


@pytest.mark.parametrize("damage", [
    lambda text: text.replace('"aws-', '"other-'),
    lambda text: text.replace('"sha256": "', '"sha256": "0'),
    lambda text: text[: len(text) // 2],
    lambda text: "[]",
    lambda text: "",
    lambda text: '{"version": 1, "catalog": {"version": 1}, "sha256": "x"}',
    lambda text: text.replace('"version": 1', '"version": 9', 1),
    lambda text: "[" * 100_000,
])  # fmt: skip
def test_a_damaged_file_is_refused(exported, offline, damage):
    exported.write_text(damage(exported.read_text()))
    code, out, err = offline("render", "--catalog", str(exported), "--role", "net", "--mode", "data-source")
    assert (code, out) == (errors.CatalogFileDamaged.exit_code, "")
    assert "producer export" in err
    assert "bug" not in err


def test_a_file_that_is_not_there_is_said_so(offline, tmp_path):
    code, _, err = offline("roles", "--catalog", str(tmp_path / "nothing"))
    assert code == errors.CatalogFileDamaged.exit_code
    assert "No such file" in err


def test_another_teams_file_is_not_taken_for_ones_own(exported, offline):
    assert offline("roles", "--catalog", str(exported), "--team", "pay")[0] == errors.TeamUnknown.exit_code
    assert offline("roles", "--catalog", str(exported), "--team", "web")[0] == 0


def test_a_team_that_is_not_there_is_refused(exported, producer):
    run = producer("export", "--team", "nobody")
    assert run.code == errors.TeamUnknown.exit_code
    assert "it has web" in run.err


def test_a_file_that_can_not_be_written_is_said_so(exported, producer, tmp_path):
    run = producer("export", "--team", "web", "--out", str(tmp_path / "nowhere" / "web.json"))
    assert run.code == errors.OutputNotWritable.exit_code


def test_the_file_is_one_that_others_may_read(exported):
    mask = os.umask(0o077)
    os.umask(mask)
    assert exported.stat().st_mode & 0o777 == 0o666 & ~mask
