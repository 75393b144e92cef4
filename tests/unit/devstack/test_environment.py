"""What a process is given: nothing of the caller's where it belongs to a stack, and no stack's where it downloads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devstack import environment

CALLERS = {
    "PATH": "/bin",
    "PIP_INDEX_URL": "kept",
    "GOPROXY": "kept",
    "SSL_CERT_FILE": "kept",
    "VAULT_ADDR": "theirs",
    "BAO_TOKEN": "theirs",
    "AWS_CA_BUNDLE": "theirs",
    "TF_CLI_CONFIG_FILE": "theirs",
    "TFE_TOKEN": "theirs",
}
HOSTILE = 'it\'s $HOME `id` "quoted" \\ and\ttabs'


def test_what_belongs_to_a_stack_gets_no_settings_or_proxies_of_the_callers():
    proxies = {"HTTPS_PROXY": "theirs", "no_proxy": "theirs", "ALL_PROXY": "theirs"}
    left = environment.without_foreign(CALLERS | proxies)
    assert left == {"PATH": "/bin", "PIP_INDEX_URL": "kept", "GOPROXY": "kept", "SSL_CERT_FILE": "kept"}


def test_what_downloads_goes_through_the_callers_proxy():
    assert environment.for_downloads(CALLERS | {"HTTPS_PROXY": "theirs"})["HTTPS_PROXY"] == "theirs"


def test_what_downloads_never_goes_through_a_stacks_proxy():
    sourced = CALLERS | {environment.STACK: "/stack", **environment.proxied("http://127.0.0.1:1")}
    assert not {"HTTPS_PROXY", "https_proxy"} & environment.for_downloads(sourced).keys()


def test_loopback_and_the_registries_of_terraform_and_opentofu_go_past_the_proxy():
    hosts = environment.proxied("http://127.0.0.1:1")["NO_PROXY"].split(",")
    assert {
        "127.0.0.1",
        "localhost",
        "registry.terraform.io",
        "releases.hashicorp.com",
        "registry.opentofu.org",
    } <= set(hosts)


@pytest.mark.parametrize("value", [HOSTILE, "", "two\nlines"])
def test_a_shell_reads_what_was_written(tmp_path, value):
    file = tmp_path / "env"
    file.write_text(environment.as_shell({"VAULT_TOKEN": value}))
    said = subprocess.run(
        ["/bin/sh", "-c", f'. "{file}"; printf "%s" "$VAULT_TOKEN"'], capture_output=True, text=True, check=True
    )
    assert said.stdout == value


def test_a_shell_that_sources_it_loses_what_would_win_over_the_stack(tmp_path):
    file = tmp_path / "env"
    file.write_text(environment.as_shell({"AWS_ACCESS_KEY_ID": "stack"}))
    callers = {"AWS_SESSION_TOKEN": "stale", "AWS_PROFILE": "work", "VAULT_NAMESPACE": "ours", "BAO_ADDR": "theirs"}
    said = subprocess.run(
        ["/bin/sh", "-c", f'. "{file}"; env'], env=callers, capture_output=True, text=True, check=True
    )
    assert not [line for line in said.stdout.splitlines() if line.partition("=")[0] in callers]


def test_python_reads_what_the_shell_reads(tmp_path):
    exports = {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": HOSTILE}
    text = environment.as_shell(exports, Path("/a folder"), Path("/b"))
    assert environment.from_shell(text, path="/bin") == {**exports, "PATH": "/a folder:/b:/bin"}
