"""The pipelines of "MFA in CI without a human", run as the CI would: login, code, MFA session, Terraform, and nobody there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from tests.integration.consumer.logins.conftest import Site
from tests.issuer import Issuer

from .conftest import Done, Person, person

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "mfa-in-ci.md").read_text()
NETWORK = 'provider "aws" {}\n\nresource "aws_vpc" "test" {\n  cidr_block = "10.11.0.0/16"\n}\n'
MAIN = {"repository": "acme/payments", "ref": "refs/heads/main", "aud": "https://github.com/acme"}


@dataclass(frozen=True)
class Pipeline:
    """A pipeline file's own scripts, in one shell or in several, and the variables that it sets."""

    scripts: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """A machine of the CI: it has the user's key, and what the CI gives it to prove what it is."""

    runner: Person
    names: Callable[[str], str]

    def run(self, pipeline: Pipeline, **given: str) -> list[Done]:
        """Run the scripts until one fails, with nothing on standard input."""
        env = {name: self.names(value) for name, value in pipeline.env.items() if name != "VAULT_ADDR"}
        runner = replace(self.runner, env={**self.runner.env, **env, **given})
        done: list[Done] = []
        for script in map(self.names, pipeline.scripts):
            done.append(runner.run("sh", "-ec", script, given=""))
            if done[-1].code:
                break
        return done


def block(name: str) -> dict:
    return yaml.safe_load(re.search(rf"^## {name}\n.*?```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)[1])


def github() -> Pipeline:
    job = block("GitHub Actions")["jobs"]["apply"]
    scripts = [step["run"] for step in job["steps"] if "run" in step and step["name"] != "Install the kit"]
    return Pipeline(tuple(scripts), job["env"])


def gitlab() -> Pipeline:
    job = block("GitLab")["apply"]
    before = [line for line in job["before_script"] if line.startswith("terraform")]
    return Pipeline(("\n".join([*before, *job["script"]]),), job["variables"])


def jenkins() -> Pipeline:
    """The same command, as the page says."""
    (login,) = re.findall(r"VAULT_AWS_KIT_LOGIN=(approle:\S+)`", PAGE)
    return Pipeline(github().scripts, {"VAULT_AWS_KIT_LOGIN": login, "AWS_REGION": "eu-west-1"})


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def user(aws, unique) -> tuple[str, str, str]:
    """The job's IAM user, her key's ID and its secret."""
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    return unique, key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture
def job(terraform_stack, strict_aws, vault, issuer, user, unique, tmp_path) -> Job:
    """What the page has the platform team do, done on mounts of the test's own."""
    endpoints = {"AWS_ENDPOINT_URL_IAM": strict_aws.address, "AWS_ENDPOINT_URL_STS": strict_aws.address}
    admin = person("platform", terraform_stack, unique, tmp_path, **endpoints)
    (role,) = re.findall(r"vault write auth/github/role/ci-deploy -<<'EOF'\n(.*?)EOF", PAGE, re.DOTALL)
    vault.sys.enable_auth_method("jwt", path=f"jwt-{unique}")
    vault.write(f"auth/jwt-{unique}/config", jwt_validation_pubkeys=[issuer.public], bound_issuer=issuer.name)
    vault.write(f"auth/jwt-{unique}/role/ci", **json.loads(role))
    vault.sys.enable_auth_method("approle", path=f"approle-{unique}")
    vault.write(f"auth/approle-{unique}/role/ci", token_ttl="10m")
    logins = [word for way in ("jwt", "approle") for word in ("--login", f"{way}:{way}-{unique}/ci")]
    done = admin.run("producer", "mfa", "enroll", user[0], "--totp-mount", f"totp-{unique}", *logins)
    assert done.code == 0, done.err
    for serial in strict_aws.devices:
        strict_aws.forget_used(serial)  # the code of this period has enabled the device

    def names(text: str) -> str:
        text = re.sub(r"(jwt|approle):\w+/[\w-]+", rf"\1:\1-{unique}/ci", text)
        return text.replace("vault:totp/code/ci-deploy", f"vault:totp-{unique}/code/{user[0]}")

    runner = person("runner", terraform_stack, unique, tmp_path, **endpoints)
    env = {name: value for name, value in runner.env.items() if name not in ("VAULT_TOKEN", "AWS_REGION")}
    runner = replace(runner, env={**env, "AWS_ACCESS_KEY_ID": user[1], "AWS_SECRET_ACCESS_KEY": user[2]})
    runner.write("main.tf", NETWORK)
    return Job(runner, names)


@pytest.fixture
def github_site(issuer) -> Iterator[Callable[..., dict[str, str]]]:
    """GitHub, as a job of acme/payments asks it for its token; gives the variables that GitHub gives the job."""
    site = Site("127.0.0.1", "127.0.0.1")

    def variables(**claims: str) -> dict[str, str]:
        site.answer = lambda *_: (200, {"value": issuer.token(**{**MAIN, **claims})})
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{site.url}/?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request"}

    yield variables
    site.close()


@pytest.fixture
def proof(request, issuer, github_site, vault, unique) -> dict[str, str]:
    """What a CI gives a job to prove what it is."""
    role = f"auth/approle-{unique}/role/ci"
    return {
        "github": github_site,
        "gitlab": lambda: {"VAULT_ID_TOKEN": issuer.token(**MAIN)},
        "jenkins": lambda: {
            "VAULT_ROLE_ID": vault.read(f"{role}/role-id")["data"]["role_id"],
            "VAULT_SECRET_ID": vault.write(f"{role}/secret-id")["data"]["secret_id"],
        },
    }[request.param]


@pytest.mark.parametrize(
    ("pipeline", "proof"),
    [(github, "github"), (gitlab, "gitlab"), (jenkins, "jenkins")],
    indirect=["proof"],
    ids=["github", "gitlab", "jenkins"],
)
def test_a_job_applies_terraform_with_an_mfa_session_and_no_human(job, strict_aws, user, pipeline, proof):
    done = job.run(pipeline(), **proof())
    said = "".join(run.out + run.err for run in done)
    assert [run.code for run in done] == [0] * len(done), said
    assert "aws_vpc" in (job.runner.home / "terraform.tfstate").read_text()
    (session,) = strict_aws.sessions
    assert (session.mfa, session.seconds) == (True, 3600)
    assert session.owner.endswith(f":user/{user[0]}")
    seeds = [device.totp.secret for device in strict_aws.devices.values()]
    assert [secret for secret in (*seeds, user[2]) if secret in said] == []


def test_a_job_of_another_branch_gets_no_code_and_nothing_runs(job, strict_aws, github_site):
    done = job.run(github(), **github_site(ref="refs/heads/other"))
    assert done[-1].code == 125
    assert "bound_claims" in done[-1].err or "claim" in done[-1].err
    assert strict_aws.sessions == []
    assert not (job.runner.home / "terraform.tfstate").exists()
