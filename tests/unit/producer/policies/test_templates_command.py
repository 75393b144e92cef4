"""`producer templates`: lists, shows, renders."""

from __future__ import annotations

import json

from producer.cli import main
from producer.policies import templates
from vault_aws_kit import errors


def run(capsys, *argv):
    code = main(["templates", *argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_list_has_every_template_with_its_summary(capsys):
    code, out, _ = run(capsys)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [info.name for info in templates()]
    assert "Read objects of S3 buckets" in out


def test_the_list_as_json_has_names_types_and_defaults_of_variables(capsys):
    _, out, _ = run(capsys, "--format", "json")
    (found,) = [info for info in json.loads(out) if info["name"] == "s3-read"]
    assert [one["name"] for one in found["variables"]] == ["buckets", "prefix", "partition"]
    assert found["variables"][0] | {"meaning": ""} == {
        "name": "buckets", "type": "list", "required": True, "meaning": "",
    }  # fmt: skip
    assert found["variables"][2]["default"] == "aws"


def test_a_template_is_shown_with_its_variables_and_its_source(capsys):
    _, out, _ = run(capsys, "s3-read")
    assert "buckets (list, required): names of the buckets" in out
    assert '"Version": "2012-10-17"' in out


def test_a_template_is_rendered_with_variables_in_yaml(capsys):
    code, out, _ = run(capsys, "s3-read", "--render", "--var", "buckets=[a, b]", "--var", "prefix=logs/")
    assert code == 0
    assert json.loads(out)["Statement"][2]["Resource"] == ["arn:aws:s3:::a/logs/*", "arn:aws:s3:::b/logs/*"]


def test_a_folder_of_the_users_is_listed_along_and_comes_first(capsys, write):
    (folder,) = write('{# Mine.\n\nx (text, default: "a: b"): some\n   thing #}\n{}', "s3-read")
    _, out, _ = run(capsys, "--templates", str(folder), "--format", "json")
    (found,) = [info for info in json.loads(out) if info["name"] == "s3-read"]
    assert found["summary"] == "Mine."
    assert found["variables"][0]["default"] == "a: b"
    assert found["variables"][0]["meaning"] == "some thing"


def test_a_template_without_a_header_is_listed_without_a_summary(capsys, write):
    (folder,) = write("{}")
    assert "\nmine\n" in run(capsys, "--templates", str(folder))[1]


def test_what_aws_would_refuse_is_printed_and_then_an_error(capsys, write):
    (folder,) = write("{}")
    code, out, err = run(capsys, "mine", "--templates", str(folder), "--render")
    assert (code, out) == (errors.PolicyInvalid.exit_code, "{}\n")
    assert "lacks Version" in err


def test_findings_are_told_on_stderr(capsys, write):
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    (folder,) = write(json.dumps(policy))
    code, out, err = run(capsys, "mine", "--templates", str(folder), "--render")
    assert (code, json.loads(out)) == (0, policy)
    assert "every action on every resource" in err


def test_a_wrong_call_is_a_usage_error(capsys):
    for argv in (["--render"], ["s3-read", "--var", "a=b"], ["s3-read", "--render", "--var", "a"],
                 ["s3-read", "--render", "--var", "a=[b"]):  # fmt: skip
        assert run(capsys, *argv)[0] == errors.USAGE


def test_an_unknown_template_has_the_exit_code_of_its_error(capsys):
    code, _, err = run(capsys, "s3-reed")
    assert code == errors.UnknownTemplate.exit_code
    assert "s3-read" in err
