"""The options that name a server, for both sides' commands."""

from __future__ import annotations

import click

from vault_aws_kit import terminal

host_options = terminal.together(
    click.option("--host", metavar="HOST", default="",
                 help="Terraform Enterprise; else TFE_ADDRESS, TFE_HOSTNAME, TF_CLOUD_HOSTNAME, app.terraform.io."),
    click.option("--ca-bundle", metavar="FILE", default="",
                 help="The host's CA; else TFE_CA_BUNDLE, SSL_CERT_FILE."),
)  # fmt: skip
"""--host and --ca-bundle, as `client.connect` takes them."""
