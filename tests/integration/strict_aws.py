"""IAM and STS that check MFA as AWS does, in front of the AWS endpoint, which takes any code.

The seeds are those of CreateVirtualMFADevice's answers that pass through, or told by `knows`. What AWS would refuse is
refused in AWS's own words; all else is the real endpoint's answer, but for sessions: there they would all be one.
Sources: the STS and IAM API references; the words as the AWS CLI's users quote them, who can't be told them elsewhere.
"""

from __future__ import annotations

import base64
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

import pyotp
import pytest
import requests

from devstack.stack import Stack

PERIOD = 30  # seconds
ROOT = "arn:aws:iam::123456789012:root"
ENABLING = 10  # periods that EnableMFADevice and ResyncMFADevice search for the two codes
REQUEST_LIFE = timedelta(minutes=5)  # AWS takes no request that was signed longer ago, or ahead
_XMLNS = {"iam": "https://iam.amazonaws.com/doc/2010-05-08/", "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}
_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/(iam|sts|ec2)/aws4_request")

WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
WRONG_SERIAL = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user. "
)
HALF = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. "
FROM_A_SESSION = "Cannot call GetSessionToken with session credentials"


class Refused(Exception):
    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass
class Device:
    """A virtual device: `owner` is the ARN of who enabled it, '' for nobody yet; `last` the newest used period."""

    totp: pyotp.TOTP
    owner: str = ""
    last: int = -1

    def use(self, code: str, at: datetime, window: int) -> bool:
        """Whether a code is right, of a period near enough, and newer than any that was used (RFC 6238, 5.2)."""
        found = self._period(code, at, window)
        if found is None or found <= self.last:
            return False
        self.last = found
        return True

    def use_two(self, first: str, second: str, at: datetime) -> bool:
        """Whether these are the codes of two periods, one right after the other."""
        found = self._period(first, at, ENABLING)
        if found is None or second != self.totp.generate_otp(found + 1):
            return False
        self.last = found + 1
        return True

    def _period(self, code: str, at: datetime, window: int) -> int | None:
        now = self.totp.timecode(at)
        return next((n for n in range(now - window, now + window + 1) if self.totp.generate_otp(n) == code), None)


@dataclass(frozen=True)
class Session:
    """What GetSessionToken gave: to whom, how long, and whether a device vouched for it."""

    owner: str
    access_key_id: str
    seconds: int
    mfa: bool


@dataclass(frozen=True)
class Call:
    """One request: `key` is the caller's access key ID."""

    service: str
    region: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def action(self) -> str:
        return f"{self.service}:{self.query.get('Action', '')}"


@dataclass
class StrictAws:
    """`for_vault` is its address as Vault knows it. `ahead` is how far its clock is ahead of the one here; `window` is for how many periods a code is good after and
    before its own; `period` is told to devices from then on, for keys of Vault's that show a code for less than AWS's.

    `denied` are actions that no caller has a permission for. `asked` are all that were asked, as `sts:GetSessionToken`.
    """

    stack: Stack
    address: str
    for_vault: str = ""
    ahead: timedelta = timedelta()
    window: int = 1
    period: int = PERIOD
    denied: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    before: Callable[[Call], None] = lambda _: None
    """Called ahead of each answer: raise `Refused` in it, or wait."""
    _callers: dict[str, str] = field(default_factory=dict)

    # ── what a test sets up and asks ─────────────────────────────────────────────────────────────

    def knows(self, serial: str, seed: str, owner: str = "") -> None:
        """A device that was not made through here; `seed` is base32, `owner` the ARN of a user or of root."""
        self.devices[serial] = Device(pyotp.TOTP(seed, interval=self.period), owner)

    def is_root(self, access_key_id: str) -> None:
        """This key is the account's own, which the endpoint has none of."""
        self._callers[access_key_id] = ROOT

    def code(self, serial: str, later: int = 0) -> str:
        """What a device shows now, by AWS's clock, or so many periods later."""
        totp = self.devices[serial].totp
        return str(totp.generate_otp(totp.timecode(self.now()) + later))

    def forget_used(self, serial: str) -> None:
        """As if a period had passed since a code was used last."""
        self.devices[serial].last = -1

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    # ── what is answered ─────────────────────────────────────────────────────────────────────────

    def answer(self, call: Call, body: bytes) -> tuple[int, bytes]:
        self.asked.append(call.action)
        try:
            self._check_signature_time(call)
            self.before(call)
            self._check_allowed(call)
            return self._own().get(call.action, self.really)(call, body)
        except Refused as refused:
            return refused.status, _error(call.service, refused)

    def _own(self) -> Mapping[str, Callable[[Call, bytes], tuple[int, bytes]]]:
        return {
            "sts:GetCallerIdentity": self._get_caller_identity,
            "sts:GetSessionToken": self._get_session_token,
            "iam:ListMFADevices": self._list_mfa_devices,
            "iam:CreateVirtualMFADevice": self._create_virtual_mfa_device,
            "iam:EnableMFADevice": self._enable_mfa_device,
            "iam:ResyncMFADevice": self._resync_mfa_device,
            "iam:DeactivateMFADevice": self._deactivate_mfa_device,
            "iam:DeleteVirtualMFADevice": self._delete_virtual_mfa_device,
        }

    def really(self, call: Call, body: bytes) -> tuple[int, bytes]:
        """The endpoint's own answer."""
        host = "iam.amazonaws.com" if call.service == "iam" else f"{call.service}.{call.region}.amazonaws.com"
        names = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Content-Type")
        found = requests.post(
            f"https://{host}/", data=body, timeout=30,
            headers={name: call.headers[name] for name in names if call.headers.get(name)},
            proxies={"https": self.stack.env["HTTPS_PROXY"]}, verify=self.stack.env["AWS_CA_BUNDLE"],
        )  # fmt: skip
        return found.status_code, found.content

    def caller(self, call: Call) -> str:
        """The ARN of who calls; a session of GetSessionToken is its user."""
        if call.key not in self._callers:
            asked = urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"}).encode()
            sts = Call("sts", "us-east-1", call.key, {}, call.headers)
            self._callers[call.key] = _element(self.really(sts, asked)[1], "Arn")
        return self._callers[call.key]

    def _get_caller_identity(self, call: Call, body: bytes) -> tuple[int, bytes]:
        if call.key not in self._callers:
            return self.really(call, body)
        arn = self._callers[call.key]
        found = {"Arn": arn, "UserId": "AIDAEXAMPLE", "Account": arn.split(":")[4]}
        return 200, xml_answer("sts", "GetCallerIdentity", xml_elements(found))

    def _get_session_token(self, call: Call, _: bytes) -> tuple[int, bytes]:
        if call.headers.get("X-Amz-Security-Token"):
            raise Refused("AccessDenied", FROM_A_SESSION)
        seconds = int(call.query.get("DurationSeconds", 43200))
        _check_duration(seconds)
        owner = self.caller(call)
        mfa = self._check_code(call, owner)
        if owner.endswith(":root"):
            seconds = min(seconds, 3600)
        session = Session(owner, f"ASIA{secrets.token_hex(8).upper()}", seconds, mfa)
        self.sessions.append(session)
        self._callers[session.access_key_id] = owner
        found = {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": base64.b64encode(secrets.token_bytes(200)).decode(),
            "Expiration": (self.now() + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        inside = f"<Credentials>{xml_elements(found)}</Credentials>"
        return 200, xml_answer("sts", "GetSessionToken", inside)

    def _list_mfa_devices(self, call: Call, body: bytes) -> tuple[int, bytes]:
        """Security keys are no part of what the endpoint keeps; those that were told are listed too."""
        whose = self._user(call)
        told = [serial for serial, device in self.devices.items() if device.owner == whose]
        if not whose.endswith(":root"):
            status, real = self.really(call, self._with_user(call, body))
            if status != 200:
                return status, real
            told += [serial for serial in _every(real, "SerialNumber") if serial not in told]
        user = whose.rpartition("/")[2] if "/" in whose else ""
        members = "".join(
            "<member>"
            + xml_elements({"UserName": user, "SerialNumber": serial, "EnableDate": "2024-01-01T00:00:00Z"})
            + "</member>"
            for serial in told
        )
        return 200, xml_answer(
            "iam", "ListMFADevices", f"<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"
        )

    def _create_virtual_mfa_device(self, call: Call, body: bytes) -> tuple[int, bytes]:
        status, content = self.really(call, body)
        if status == 200:
            seed = base64.b64decode(_element(content, "Base32StringSeed")).decode()
            self.knows(_element(content, "SerialNumber"), seed)
        return status, content

    def _enable_mfa_device(self, call: Call, body: bytes) -> tuple[int, bytes]:
        device = self._two_codes(call)
        status, content = self.really(call, body)
        if status == 200:
            device.owner = self._user(call)
        return status, content

    def _resync_mfa_device(self, call: Call, _: bytes) -> tuple[int, bytes]:
        self._two_codes(call)
        return 200, xml_answer("iam", "ResyncMFADevice", "")

    def _deactivate_mfa_device(self, call: Call, body: bytes) -> tuple[int, bytes]:
        status, content = self.really(call, body)
        if status == 200 and (device := self.devices.get(call.query["SerialNumber"])):
            device.owner = ""
        return status, content

    def _delete_virtual_mfa_device(self, call: Call, body: bytes) -> tuple[int, bytes]:
        serial = call.query["SerialNumber"]
        if (device := self.devices.get(serial)) and device.owner:
            raise Refused("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)
        status, content = self.really(call, body)
        if status == 200:
            self.devices.pop(serial, None)
        return status, content

    # ── checks ───────────────────────────────────────────────────────────────────────────────────

    def _check_signature_time(self, call: Call) -> None:
        signed = datetime.strptime(call.headers["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        if abs(signed - self.now()) > REQUEST_LIFE:
            late = signed < self.now()
            said = (
                "Signature expired: {} is now earlier than {}"
                if late
                else "Signature not yet current: {} is still later than {}"
            )
            at, bound = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in (signed, self.now()))
            raise Refused("SignatureDoesNotMatch", said.format(at, bound))

    def _check_allowed(self, call: Call) -> None:
        if call.action in self.denied:
            who = self.caller(call)
            raise Refused("AccessDenied", f"User: {who} is not authorized to perform: {call.action} on resource: {who}")

    def _check_code(self, call: Call, owner: str) -> bool:
        """Whether a device vouches for the session; a wrong one, and half of the proof, are refused."""
        serial, code = call.query.get("SerialNumber", ""), call.query.get("TokenCode", "")
        if not serial and not code:
            return False
        if not (serial and code):
            raise Refused("AccessDenied", HALF)
        if not re.fullmatch(r"\d{6}", code):
            raise _invalid("tokenCode", code, "length equal to 6")
        device = self.devices.get(serial)
        if device is None or device.owner != owner or ":u2f/" in serial:
            raise Refused("AccessDenied", WRONG_SERIAL)
        if not device.use(code, self.now(), self.window):
            raise Refused("AccessDenied", WRONG_CODE)
        return True

    def _two_codes(self, call: Call) -> Device:
        serial = call.query["SerialNumber"]
        device = self.devices.get(serial)
        if device is None:
            raise Refused("NoSuchEntity", f"VirtualMFADevice with serial number {serial} does not exist.", 404)
        codes = call.query["AuthenticationCode1"], call.query["AuthenticationCode2"]
        if not device.use_two(*codes, self.now()):
            raise Refused("InvalidAuthenticationCode", "Authentication code for device is not valid.")
        return device

    def _user(self, call: Call) -> str:
        """The ARN of the user that a request is about: the one that it names, else the caller."""
        caller = self.caller(call)
        name = call.query.get("UserName")
        if not name or caller.rpartition("/")[2] == name:
            return caller
        asked = urlencode({"Action": "GetUser", "UserName": name, "Version": "2010-05-08"}).encode()
        return _element(self.really(call, asked)[1], "Arn")

    def _with_user(self, call: Call, body: bytes) -> bytes:
        """The endpoint doesn't find the caller by herself."""
        if call.query.get("UserName"):
            return body
        return urlencode({**call.query, "UserName": self.caller(call).rpartition("/")[2]}).encode()


def _check_duration(seconds: int) -> None:
    if seconds < 900:
        raise _invalid("durationSeconds", str(seconds), "value greater than or equal to 900")
    if seconds > 129600:
        raise _invalid("durationSeconds", str(seconds), "value less than or equal to 129600")


def _invalid(name: str, value: str, rule: str) -> Refused:
    return Refused(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must have {rule}",
        400,
    )


# ── AWS's XML ────────────────────────────────────────────────────────────────────────────────────


def xml_answer(service: str, action: str, inside: str) -> bytes:
    text = f'<{action}Response xmlns="{_XMLNS[service]}"><{action}Result>{inside}</{action}Result></{action}Response>'
    return text.encode()


def _error(service: str, refused: Refused) -> bytes:
    if service == "ec2":
        inside = xml_elements({"Code": refused.code, "Message": refused.message})
        return f"<Response><Errors><Error>{inside}</Error></Errors><RequestID>0</RequestID></Response>".encode()
    kind = "Sender" if refused.status < 500 else "Receiver"
    inside = xml_elements({"Type": kind, "Code": refused.code, "Message": refused.message})
    return f'<ErrorResponse xmlns="{_XMLNS[service]}"><Error>{inside}</Error></ErrorResponse>'.encode()


def xml_elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _every(xml: bytes, element: str) -> list[str]:
    return re.findall(rf"<{element}>([^<]*)</{element}>", xml.decode())


def _element(xml: bytes, element: str) -> str:
    found = _every(xml, element)
    assert found, f"no {element} in {xml.decode()}"
    return found[0]


# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────


class _Handler(BaseHTTPRequestHandler):
    strict: StrictAws

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key, region, service = _SCOPE.search(self.headers["Authorization"]).groups()
        query = dict(parse_qsl(body.decode(), keep_blank_values=True))
        status, content = self.strict.answer(Call(service, region, key, query, self.headers), body)
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.strict.now(), usegmt=True)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def strict_aws_address(from_vault) -> Iterator[tuple[str, type[_Handler]]]:
    """A server for the test alone, and its handler, which is told to whom requests go."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer((from_vault.listen, 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def strict_aws(stack, strict_aws_address, from_vault, monkeypatch) -> StrictAws:
    """IAM and STS of whoever has the test's environment, boto3 and processes alike, are the strict ones.

    Vault's engine gets them by `sts_endpoint` and `iam_endpoint` in its config/root: `strict_aws.for_vault`.
    """
    address, handler = strict_aws_address
    made = StrictAws(stack, address, f"http://{from_vault.host}:{urlsplit(address).port}")
    handler.strict = made
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", address)
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", address)
    return made
