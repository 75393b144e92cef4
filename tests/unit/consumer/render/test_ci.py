"""The pipeline files: valid where a schema exists, least permissions, secrets where they belong, and nothing injected."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.render import MODES, Snippet
from consumer.render.auth import AUTHS
from consumer.render.ci import PIPELINES
from consumer.render.interface import Block, VaultProvider
from vault_aws_kit.contract import LoginEntry
from vault_aws_kit.errors import ModeImpossible

from .snippets import NET, ONE, login

SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci"}
LOGINS = ("jwt", "approle")
CASES = [(ci, auth, mode) for ci in PIPELINES for auth in LOGINS for mode in ("ephemeral", "data-source", "env")]
HOSTILE = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)


def rendered(ci: str, auth: str, mode: str = "ephemeral", *, written: bool = False) -> str:
    place = ("https://vault.example:8200", "team/a", "ca.pem") if written else ("", "", "")
    return PIPELINES[ci].text(MODES[mode], Snippet((ONE,), VaultProvider(AUTHS["token"], login(auth), *place)))


def scripts(ci: str, text: str) -> list[str]:
    """Every shell script of a pipeline file."""
    if ci == "jenkins":
        return re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    content = yaml.safe_load(text)
    if ci == "github":
        return [step["run"] for step in content["jobs"]["terraform"]["steps"] if "run" in step]
    job = content[".terraform"]
    return [*job["before_script"], *job["after_script"], *content["plan"]["script"], *content["apply"]["script"]]


@pytest.mark.parametrize(("ci", "auth", "mode"), [case for case in CASES if case[0] in SCHEMAS])
@pytest.mark.parametrize("written", [False, True])
def test_the_file_is_what_the_cis_own_schema_allows(ci, auth, mode, written):
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{SCHEMAS[ci]}.json"
    content = yaml.safe_load(rendered(ci, auth, mode, written=written))
    if True in content:  # `on`, to YAML 1.1
        content["on"] = content.pop(True)
    jsonschema.validate(content, json.loads(schema.read_text()))


@pytest.mark.parametrize(("ci", "auth", "mode"), CASES)
def test_every_script_is_one_that_a_shell_can_read(ci, auth, mode):
    found = scripts(ci, rendered(ci, auth, mode, written=True))
    assert len(found) >= 4
    for script in found:
        done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ci", PIPELINES)
def test_the_env_mode_runs_terraform_under_exec_and_others_do_not(ci):
    assert "consumer exec --role net -- terraform apply -auto-approve" in rendered(ci, "jwt", "env")
    assert "consumer exec" not in rendered(ci, "jwt")


@pytest.mark.parametrize("ci", PIPELINES)
def test_the_login_is_the_catalogs(ci):
    signed = "consumer login --method jwt --mount there --role vak-prod-payments --audience vault.example"
    assert signed in rendered(ci, "jwt")
    assert "consumer login --method approle --mount there\n" in rendered(ci, "approle")


@pytest.mark.parametrize("ci", PIPELINES)
@pytest.mark.parametrize("auth", LOGINS)
def test_the_token_is_revoked_however_the_run_ends_and_never_stands_in_arguments(ci, auth):
    script = scripts(ci, rendered(ci, auth))[-1]
    text = rendered(ci, auth)
    assert {"github": "if: always()", "gitlab": "after_script:", "jenkins": "always {"}[ci] in text
    logout = next(script for script in scripts(ci, text) if "revoke-self" in script)
    assert "| curl" in logout
    assert "-H @-" in logout
    assert not re.search(r"curl.*\$\(cat", logout)
    assert script


@pytest.mark.parametrize("ci", PIPELINES)
def test_what_is_written_of_vault_stands_in_the_file_and_else_does_not(ci):
    assert "https://vault.example:8200" in rendered(ci, "jwt", written=True)
    assert "team/a" in rendered(ci, "jwt", written=True)
    assert "vault.example:8200" not in rendered(ci, "jwt")


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────


def job(auth: str) -> dict:
    return yaml.safe_load(rendered("github", auth))["jobs"]["terraform"]


def test_github_gives_the_job_no_more_than_it_needs():
    assert yaml.safe_load(rendered("github", "jwt"))["permissions"] == {}
    assert job("jwt")["permissions"] == {"contents": "read", "id-token": "write"}
    assert job("approle")["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("auth", LOGINS)
def test_githubs_actions_are_pinned_to_commits(auth):
    used = [step["uses"] for step in job(auth)["steps"] if "uses" in step]
    assert len(used) == 3
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []
    assert job(auth)["steps"][0]["with"] == {"persist-credentials": False}


def test_githubs_secret_is_seen_by_the_login_alone():
    holders = [step.get("name") for step in job("approle")["steps"] if "secrets." in json.dumps(step)]
    assert holders == ["Log in to Vault"]
    assert "secrets." not in rendered("github", "jwt").replace("nor secrets.", "")


def test_github_runs_nothing_for_a_fork():
    assert "head.repo.full_name == github.repository" in job("jwt")["if"]


@pytest.mark.parametrize("auth", LOGINS)
def test_no_expression_of_githubs_stands_in_a_script(auth):
    assert [script for script in scripts("github", rendered("github", auth)) if "${{" in script] == []


# ── GitLab and Jenkins ──────────────────────────────────────────────────────────────────────────


def test_gitlabs_token_is_for_the_audience_that_vault_asks_for():
    content = yaml.safe_load(rendered("gitlab", "jwt"))
    assert content[".terraform"]["id_tokens"] == {"VAULT_ID_TOKEN": {"aud": "vault.example"}}
    assert "id_tokens" not in yaml.safe_load(rendered("gitlab", "approle"))[".terraform"]


def test_gitlabs_proof_is_gone_before_terraform_runs():
    before = yaml.safe_load(rendered("gitlab", "jwt"))[".terraform"]["before_script"]
    assert before.index("unset VAULT_ID_TOKEN VAULT_SECRET_ID") < before.index("terraform init")


@pytest.mark.parametrize("auth", LOGINS)
def test_jenkins_binds_its_credentials_around_the_login_alone_and_puts_nothing_into_scripts(auth):
    text = rendered("jenkins", auth)
    bound = text.partition("withCredentials(")[2].partition("stage('Plan')")[0]
    names = ["VAULT_ID_TOKEN"] if auth == "jwt" else ["VAULT_ROLE_ID", "VAULT_SECRET_ID"]
    assert re.findall(r"variable: '(\w+)'", bound) == names
    assert "consumer login" in bound
    assert '"""' not in text
    assert all(text.count(name) == bound.count(name) for name in names)


@pytest.mark.parametrize("auth", LOGINS)
def test_jenkins_braces_and_strings_are_balanced(auth):
    code = re.sub(r"'''.*?'''|'[^'\n]*'|^//[^\n]*$", "", rendered("jenkins", auth), flags=re.DOTALL | re.MULTILINE)
    depth = 0
    for sign in code:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert code.count("(") == code.count(")")
    assert "'" not in code
    sections = re.findall(r"^  (\w+) \{|^  (agent any)$", code, re.MULTILINE)
    assert [a or b for a, b in sections] == ["agent any", "options", "environment", "stages", "post"]


# ── what can't be rendered ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["hcp", "process"])
def test_a_mode_that_no_pipeline_runs_is_refused(mode):
    with pytest.raises(ModeImpossible, match=mode):
        rendered("github", "jwt", mode)


@pytest.mark.parametrize("auth", ["cert", "token"])
def test_a_login_that_no_pipeline_has_is_refused(auth):
    with pytest.raises(ModeImpossible, match="JWT or AppRole"):
        rendered("github", auth)


@pytest.mark.parametrize("ci", PIPELINES)
@settings(max_examples=40)
@given(hostile=HOSTILE, where=st.sampled_from(["mount", "role", "audience", "aws role", "address", "namespace"]))
def test_no_string_gets_into_a_pipeline_that_could_mean_more_than_itself(ci, hostile, where):
    given_login = LoginEntry("jwt", "there", "vak", audience="x")
    if where in ("mount", "role", "audience"):
        given_login = replace(given_login, **{where: hostile})
    block = Block("", "net", replace(NET, name=hostile if where == "aws role" else "net"))
    vault = VaultProvider(login=given_login)
    if where in ("address", "namespace"):
        vault = replace(vault, **{where: hostile})
    try:
        text = PIPELINES[ci].text(MODES["env"], Snippet((block,), vault))
    except ModeImpossible:
        assert not re.fullmatch(r"[A-Za-z0-9_./@:+=,-]*", hostile)
    else:
        assert re.fullmatch(r"[A-Za-z0-9_./@:+=,-]*", hostile)
        assert hostile in text
