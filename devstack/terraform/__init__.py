"""The ways to come by Terraform and its providers, in the order in which they are tried."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from devstack.errors import CommandFailed, StackError
from devstack.terraform import plugins
from devstack.terraform.installed import Installed
from devstack.terraform.interface import Program, Source, Terraform
from devstack.terraform.opentofu import OpenTofu
from devstack.terraform.wheel import Wheel

SOURCES: tuple[Source, ...] = (Installed(), Wheel(), OpenTofu())

log = logging.getLogger("devstack")


def get() -> Terraform:
    """Terraform and where it gets its providers from, downloaded and built if need be."""
    with ThreadPoolExecutor() as pool:
        pool.submit(plugins.prepare)
        program = _program()
    env = {"CHECKPOINT_DISABLE": "1"}  # a stack's Terraform doesn't ask for news of itself
    if config := plugins.config(program.registry):
        env["TF_CLI_CONFIG_FILE"] = str(config)
    return Terraform(program.title, env, program.path)


def _program() -> Program:
    """The first that can be had."""
    failures = []
    for source in SOURCES:
        if source.available():
            try:
                return source.get()
            except CommandFailed as failure:
                log.info("%s", failure)
                failures.append(str(failure))
    raise StackError("\n".join(["There is no Terraform here. Install one, 1.0 or newer, on PATH.", *failures]))
