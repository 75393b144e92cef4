"""Lint: what is odd is told, and what is fine is not."""

from __future__ import annotations

import json

import pytest

from producer.policies.arns import overlap
from producer.policies.lint import lint


def findings(action="s3:GetObject", resource="*", effect="Allow", **more):
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return lint(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ({"action": "s4:GetObject"}, "Statement 1 names the service 's4', which is unknown"),
        (
            {"action": "s3:GetObjekt"},
            "Statement 1 names s3:GetObjekt: it is no action of AWS (did you mean s3:GetObject",
        ),
        ({"action": "s3:Fetch*"}, "Statement 1 names s3:Fetch*: it matches no action"),
        (
            {"action": "iam:CreateRole", "Sid": "Make", "resource": "arn:aws:s3:::b"},
            "Statement 'Make' names iam:Create",
        ),
        ({"resource": "arn:aws:s3:::bucket"}, "Statement 1 names s3:GetObject, but none of its resources"),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b/*"}, "Statement 1 names s3:ListBucket, but none"),
        ({"action": "ec2:DescribeInstances", "resource": "arn:aws:ec2:a:1:instance/i"}, 'it needs the Resource "*"'),
        (
            {"Condition": {"StringEqual": {"a:b": "c"}}},
            "operator 'StringEqual', which is unknown (did you mean StringE",
        ),
        ({"action": "*"}, "Statement 1 allows every action on every resource."),
    ],
)
def test_what_is_odd_is_told(statement, said):
    assert any(said in finding for finding in findings(**statement)), findings(**statement)


@pytest.mark.parametrize(
    "statement",
    [
        {"action": "S3:getobject", "resource": "arn:aws:s3:::b/*"},
        {"action": ["s3:Get*", "s3:?ist*"], "resource": "arn:aws:s3:::b*"},
        {"action": "s3:ListBucket", "resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        {"action": "s3:ListAllMyBuckets", "resource": "arn:aws:s3:::*"},
        {"action": "iam:GetUser", "resource": "arn:aws:iam::*:user/${aws:username}"},
        {"action": "*", "effect": "Deny"},
        {"action": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Condition": {"ForAllValues:StringLikeIfExists": {"a:b": "c"}, "Null": {"a:b": True}}},
        {"action": "sqs:SendMessage", "resource": "arn:aws:sqs:*:111122223333:*"},
        {"action": "execute-api:Invoke", "resource": "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/x"},
        {"action": "dynamodb:Query", "resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i"},
        {"action": "lambda:InvokeFunction", "resource": "arn:aws:lambda:eu-west-1:111122223333:function:f:live"},
    ],
)
def test_what_is_fine_is_not_told(statement):
    assert findings(**statement) == ()


def test_the_old_version_is_told():
    assert "2008-10-17" in lint('{"Version": "2008-10-17", "Statement": []}')[0]


@pytest.mark.parametrize(
    ("documented", "written", "expected"),
    [
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::b", True),
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::b/k", False),
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::b/*", False),
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::b*", True),
        ("arn:${Partition}:s3:::${BucketName}", "arn:*", True),
        ("arn:${Partition}:s3:::${BucketName}/${ObjectName}", "arn:aws:s3:::b", False),
        ("arn:${Partition}:s3:::${BucketName}/${ObjectName}", "arn:aws:s3:::b*", True),
        ("arn:${Partition}:s3:::${BucketName}/${ObjectName}", "arn:aws:s3:::b/a/c", True),
        ("arn:${Partition}:iam::${Account}:role/${Role}", "arn:aws:iam::1:user/x", False),
        ("arn:${Partition}:iam::${Account}:role/${Role}", "arn:aws:iam::1:?ole/x", True),
        ("*", "arn:aws:x", True),
        ("abc", "abcd", False),
        ("abcd", "abc", False),
        ("abc", "***a*c**", True),
        ("abc", "*b", False),
    ],
)
def test_patterns_overlap_where_one_arn_could_fit_both(documented, written, expected):
    assert overlap(documented, written) is expected
