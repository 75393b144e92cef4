"""AWS: a signed request to STS, which Vault sends on to learn who signed it. The key itself never leaves this process.

Sources: https://developer.hashicorp.com/vault/api-docs/auth/aws#login, and Vault's builtin/credential/aws/path_login.go
for what it accepts: POST alone of the two methods works with every version, and each header's value is a list.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from vault_aws_kit.auth.door import knock
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.errors import NoAwsCredentials

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "aws"
GLOBAL = ("us-east-1", "https://sts.amazonaws.com")
"""Where Vault sends the request unless its config/client names another endpoint."""
SERVER_ID = "X-Vault-AWS-IAM-Server-ID"
_BODY = "Action=GetCallerIdentity&Version=2011-06-15"


@dataclass(frozen=True)
class Aws(LoginMethod):
    """`server_id` is what the mount's iam_server_id_header_value asks for; `region` whose STS Vault is set up to use.

    `role` may be '': Vault then takes the one that is called as the AWS principal is.
    """

    name: ClassVar[str] = "aws"
    title: ClassVar[str] = "AWS"
    check: ClassVar[str] = (
        "Check the role's name and the principals that it binds, --server-id, and --sts-region where Vault uses "
        "another STS than the global one. `aws sts get-caller-identity` says who you are."
    )

    role: str = ""
    mount: str = MOUNT
    server_id: str = ""
    region: str = ""

    def ask(self, vault: Vault) -> Body:
        signed = signed_request(server_id=self.server_id, region=self.region)
        return knock(vault, f"auth/{self.mount}/login", {**signed, **({"role": self.role} if self.role else {})})


def signed_request(*, server_id: str = "", region: str = "") -> dict[str, str]:
    """The iam_… fields of a login, for the credentials that boto3 finds. Raises NoAwsCredentials."""
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    session = boto3.session.Session()
    credentials = _credentials(session)
    where, url = (region, session.client("sts", region_name=region).meta.endpoint_url) if region else GLOBAL
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    if server_id:
        headers[SERVER_ID] = server_id
    url = f"{url}/"
    request = AWSRequest("POST", url, headers, _BODY)
    SigV4Auth(credentials, "sts", where).add_auth(request)
    return {
        "iam_http_request_method": "POST",
        "iam_request_url": _base64(url),
        "iam_request_body": _base64(_BODY),
        "iam_request_headers": _base64(json.dumps({name: [value] for name, value in request.headers.items()})),
    }


def _credentials(session: Any) -> Any:
    from botocore.exceptions import BotoCoreError

    try:
        found = session.get_credentials()
        if found:
            return found.get_frozen_credentials()
    except BotoCoreError as error:
        raise NoAwsCredentials(f"AWS credentials can't be had: {error}.", hint="Correct AWS's settings.") from None
    raise NoAwsCredentials(
        "There are no AWS credentials to log in to Vault with.",
        hint="Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where AWS gives an identity.",
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
