"""From a file to a spec, and everything that can be wrong with it."""

from __future__ import annotations

import json

import pytest

from producer.cli import main
from producer.policies import lint
from producer.spec import Lease, load_spec
from producer.spec.schema import json_schema
from vault_aws_kit import errors
from vault_aws_kit.templating import own_templates

USER = "{type: iam_user, policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'], name: "


def test_the_example_is_read_whole(example):
    spec = load_spec(example)
    assert spec.name == "prod"
    assert list(spec.role_named) == ["main/network-prod", "main/app-web", "main/app-api"]
    network = spec.role_named["main/network-prod"]
    assert network.role_arns == ("arn:aws:iam::111122223333:role/network",)
    assert (network.default_ttl, network.max_ttl) == (1800, 3600)
    assert "eu-west-1" in network.policy_document
    assert "acme-web" in spec.role_named["main/app-web"].policy_document
    assert spec.engines[0].lease == Lease(900, 3600)
    assert spec.teams[0].roles == ("main/app-api", "main/app-web", "main/network-prod")
    assert spec.warnings == ()


def test_an_item_of_for_each_may_be_a_mapping(load):
    spec = load("""
        roles:
          - name: "{{ item.name }}"
            for_each: [{name: a, arn: A}, {name: b, arn: B}]
            type: iam_user
            policy_arns: ["arn:aws:iam::aws:policy/{{ item.arn }}"]
    """)
    assert [(role.name, role.policy_arns) for role in spec.roles] == [
        ("a", ("arn:aws:iam::aws:policy/A",)),
        ("b", ("arn:aws:iam::aws:policy/B",)),
    ]


def test_a_roles_own_variables_may_use_the_files(load):
    spec = load("""
        vars: {org: acme}
        roles:
          - name: web
            type: iam_user
            vars: {bucket: "{{ org }}-web"}
            policy_document:
              Version: 2012-10-17
              Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::{{ bucket }}/*"}]
    """)
    assert "arn:aws:s3:::acme-web/*" in spec.roles[0].policy_document


def test_several_policies_become_one_document(load):
    spec = load("""
        roles:
          - {name: web, type: iam_user, policies: [s3-read, self-get-user], vars: {buckets: [acme]}}
    """)
    document = json.loads(spec.roles[0].policy_document)
    actions = json.dumps(document)
    assert "s3:GetObject" in actions
    assert "iam:GetUser" in actions


def test_yaml_is_read_by_version_1_2_so_accounts_and_versions_stay_what_they_are(load):
    spec = load("""
        vars: {account: 012345678901, country: no}
        roles:
          - {name: "{{ country }}", type: assumed_role, role_arns: ["arn:aws:iam::{{ account }}:role/x"]}
    """)
    assert spec.roles[0].name == "no"
    assert spec.roles[0].role_arns == ("arn:aws:iam::012345678901:role/x",)


def test_an_engine_must_be_named_only_where_there_are_several(problems):
    (problem,) = problems(f"""
        version: 1
        engines:
          - {{name: a, mount: a, region: eu-west-1}}
          - {{name: b, mount: b, region: eu-west-1}}
        roles:
          - {USER}web}}
          - {USER}api, engine: b}}
    """)
    assert isinstance(problem.error, errors.UnknownReference)
    assert "a, b" in problem.error.hint


STS = "{name: a, type: assumed_role, role_arns: ['arn:aws:iam::111122223333:role/x'], ttl: "

WRONG = {
    "no yaml": ("version: 1\nengines: [", errors.SpecNotYaml, "no YAML"),
    "tabs": ("version: 1\n\tname: x", errors.SpecNotYaml, ""),
    "two documents": ("version: 1\n---\nversion: 1", errors.SpecNotYaml, ""),
    "empty": ("# version: nothing here", errors.WrongType, "empty"),
    "a list": ("- version: 1", errors.WrongType, "mapping"),
    "another version": ("version: 2\nengines: [{name: a, region: eu-west-1}]", errors.WrongType, "`version` must be 1"),
    "no engines": ("version: 1\nengines: []", errors.WrongType, "at least one item"),
    "a key twice": ("version: 1\nname: a\nname: b", errors.DuplicateName, "'name' stands here twice"),
    "unknown key": ("teems: []", errors.UnknownKey, "Did you mean `teams`?"),
    "unknown key of a role": (f"roles: [{USER}a, polices: []}}]", errors.UnknownKey, "Did you mean `policies`?"),
    "a variable without quotes": ("version: 1\nengines: [{name: a, region: {{ region }}}]", errors.WrongType,
                                  'Put it in quotes: "{{ region }}"'),
    "a text that begins with a variable": ("version: 1\nname: {{ org }}-prod\nengines: []", errors.SpecNotYaml, "in quotes"),
    "a list for a key": ("version: 1\n[a]: b", errors.WrongType, "must be a text"),
    "a number for a text": (f"roles: [{USER}7}}]", errors.WrongType, "`name` must be a text"),
    "a text for a list": (f"roles: [{USER}a, groups: x}}]", errors.WrongType, "`groups` must be a list"),
    "a bad duration": ("version: 1\nengines: [{name: a, region: eu-west-1, lease: {default: 15 min, max: 1h}}]",
                       errors.WrongType, "90d, not '15 min'"),
    "a bad region": ("version: 1\nengines: [{name: a, region: Ireland}]", errors.WrongType, "eu-west-1"),
    "a bad mount": ("version: 1\nengines: [{name: a, mount: /aws/, region: eu-west-1}]", errors.WrongType, "Vault path"),
    "a missing key": ("version: 1\nengines: [{name: a}]", errors.WrongType, "`region` is missing"),
    "a bad type": ("roles: [{name: a, type: user}]", errors.WrongType, "'session_token' or 'static'"),
    "nearly a type": ("roles: [{name: a, type: assume_role}]", errors.WrongType, "Did you mean `assumed_role`?"),
    "nearly a login": (f"roles: [{USER}a}}]\nteams: [{{name: web, roles: [a], auth: [{{method: app-role}}]}}]",
                       errors.WrongType, "Did you mean `approle`?"),
    "a capital in a team's name": (f"roles: [{USER}a}}]\nteams: [{{name: Web, roles: [a], auth: [{{method: approle}}]}}]",
                                   errors.WrongType, "a-z"),
    "another login": (f"roles: [{USER}a}}]\nteams: [{{name: web, roles: [a], auth: [{{method: magic}}]}}]",
                      errors.WrongType, "'approle'"),
    "two roles of one name": (f"roles: [{USER}a}}, {USER}a}}]", errors.DuplicateName, "two roles called 'a'"),
    "an unknown engine": (f"roles: [{USER}a, engine: mian}}]", errors.UnknownReference, "Did you mean 'main'?"),
    "an unknown role": (f"roles: [{USER}web}}]\nteams: [{{name: t, roles: [wbe], auth: [{{method: approle}}]}}]",
                        errors.UnknownReference, "Did you mean 'web'?"),
    "a glob for nothing": (f"roles: [{USER}web}}]\nteams: [{{name: t, roles: ['x-*'], auth: [{{method: approle}}]}}]",
                           errors.GlobMatchesNothing, "main/web"),
    "ttl under 15m": (f"roles: [{STS}{{max: 5m}}}}]",
                      errors.TtlNotAllowed, "15m"),
    "ttl over 12h": (f"roles: [{STS}{{max: 13h}}}}]",
                     errors.TtlNotAllowed, "12h"),
    "ttl upside down": (f"roles: [{STS}{{default: 2h, max: 1h}}}}]",
                        errors.TtlNotAllowed, "longer than"),
    "ttl of an iam_user": (f"roles: [{USER}a, ttl: {{max: 1h}}}}]", errors.TtlNotAllowed, "lease"),
    "a lease upside down": ("version: 1\nengines: [{name: a, region: eu-west-1, lease: {default: 2h, max: 1h}}]",
                            errors.TtlNotAllowed, "longer than"),
    "role_arns of an iam_user": (f"roles: [{USER}a, role_arns: ['arn:aws:iam::111122223333:role/x']}}]",
                                 errors.FieldNotForType, "assumed_role"),
    "no role_arns": ("roles: [{name: a, type: assumed_role, policy_arns: ['arn:aws:iam::aws:policy/X']}]",
                     errors.FieldNotForType, "role_arns"),
    "no policy": ("roles: [{name: a, type: iam_user}]", errors.FieldNotForType, "needs a policy"),
    "no arn": ("roles: [{name: a, type: iam_user, policy_arns: [ReadOnlyAccess]}]", errors.WrongType, "arn:aws:iam"),
    "an unknown template": ("roles: [{name: a, type: iam_user, policy: s3-raed}]", errors.UnknownTemplate, "s3-read"),
    "an undefined variable": ("roles: [{name: a, type: iam_user, policy: s3-read, vars: {bukets: x}}]",
                              errors.UndefinedVariable, "buckets"),
    "an undefined variable in a text": ("vars: {acount: x}\nroles: [{name: a, type: iam_user, policy_arns: ['arn:aws:iam::{{ account }}:policy/x']}]",
                                        errors.UndefinedVariable, "account"),
    "a broken expression": (f"roles: [{USER}'{{{{ a'}}]", errors.TemplateBroken, ""),
    "no json": ("roles: [{name: a, type: iam_user, policy_document: '{'}]", errors.PolicyNotJson, ""),
    "no policy document": ("roles: [{name: a, type: iam_user, policy_document: {Statment: []}}]", errors.PolicyInvalid, "Statment"),
    "too large a policy": ("vars: {long: " + "x" * 2000 + "}\nroles: [{name: a, type: iam_user, policy: s3-read, vars: {buckets: ['{{ long }}']}}]",
                           errors.PolicyTooLarge, "2,048"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "said"), WRONG.values(), ids=WRONG)
def test_each_mistake_has_an_error_of_its_own_with_its_place_and_a_way_out(
    problems, text, kind, said, tmp_path, capsys
):
    found = problems(text)
    assert [type(problem.error) for problem in found] == [kind]
    assert found[0].line > 0
    assert said in f"{found[0].error.message} {found[0].error.hint}"
    assert main(["validate", "--spec", str(tmp_path / "vault-aws.yaml")]) == kind.exit_code
    assert str(found[0]) in capsys.readouterr().err


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems):
    found = problems(f"""
        roles:
          - {USER}a, engine: nope}}
          - {{name: b, type: assumed_role}}
        teams:
          - {{name: t, roles: ["zzz*"], auth: [{{method: approle}}]}}
    """)
    assert [type(problem.error) for problem in found] == [
        errors.UnknownReference, errors.FieldNotForType, errors.GlobMatchesNothing,
    ]  # fmt: skip
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


@pytest.mark.parametrize("head", ["version: 2", "version: 1\nname: Prod", "name: prod", "version: 1\nname: 7"])
def test_a_wrong_version_or_name_hides_no_other_mistake(problems, head):
    text = "engines: [{name: main, region: eu-west-1}]\nteams: [{name: t, roles: [nosuch], auth: [{method: approle}]}]"
    found = problems(f"{head}\n{text}\n# version:")
    assert [type(problem.error) for problem in found] == [errors.WrongType, errors.UnknownReference]


def test_a_wrong_value_that_may_be_a_secret_is_not_repeated(problems):
    (problem,) = problems(
        "version: 1\nengines: [{name: a, region: eu-west-1, root: {rotate_after: correct-horse-battery}}]\n# version:"
    )
    assert "horse" not in str(problem)


def test_a_place_is_line_and_column_from_1(problems):
    (problem,) = problems("version: 1\nengines:\n  - name: a\n    region: eu-west-1\n    mout: x\n")
    assert (problem.line, problem.column) == (5, 5)


def test_a_mistake_in_a_role_is_no_second_mistake_in_the_teams_that_use_it(problems):
    found = problems("""
        roles: [{name: "app-{{ item }}", for_each: [web, api], type: iam_user, policy: nope}]
        teams: [{name: t, roles: ["app-*", app-api], auth: [{method: approle}]}]
    """)
    assert [type(problem.error) for problem in found] == [errors.UnknownTemplate]


@pytest.mark.parametrize("wrong", ["polcy: x", "policy: nope", "engine: mian", "ttl: {max: 1h}"])
def test_a_mistake_in_one_role_is_none_in_a_login_that_names_another(problems, wrong):
    found = problems(f"""
        roles:
          - {USER}network}}
          - {USER}deploy, {wrong}}}
        teams:
          - {{name: t, roles: ["*"], auth: [{{method: approle, roles: [network, deploy]}}]}}
          - {{name: u, roles: [deploy], auth: [{{method: approle, roles: [deploy]}}]}}
    """)
    assert len(found) == 1


def test_a_second_role_of_one_name_is_no_mistake_in_the_logins_that_name_it(problems):
    found = problems(f"""
        roles: [{USER}deploy}}, {USER}deploy}}]
        teams: [{{name: t, roles: ["*"], auth: [{{method: approle, roles: [deploy]}}]}}]
    """)
    assert [type(problem.error) for problem in found] == [errors.DuplicateName]


@pytest.mark.parametrize("wrong", ["polcy: x", "vars: {x: '{{ nosuch }}'}"])
def test_a_role_whose_name_is_not_known_yet_may_be_any_that_a_team_names(problems, wrong):
    found = problems(f"""
        roles: [{{name: "app-{{{{ x }}}}", for_each: [web], type: iam_user, groups: [g], {wrong}}}]
        teams: [{{name: t, roles: [app-web, api], auth: [{{method: approle}}]}}]
    """)
    unknown = [one.error.message for one in found if isinstance(one.error, errors.UnknownReference)]
    assert unknown == ["There is no role 'api'."]


def test_the_same_mistake_in_every_item_of_for_each_is_told_once(problems):
    found = problems("roles: [{name: 'a-{{ item }}', for_each: [1, 2, 3], type: iam_user, policy: nope}]")
    assert len(found) == 1


@pytest.mark.parametrize(
    "secret",
    ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzKEYa1b2", "hvs.CAESIJlU02LQZ0w8aFzXX3Qk0w1", "-----BEGIN RSA PRIVATE KEY-----"],
)
def test_a_secret_is_refused_and_never_repeated(problems, secret, tmp_path, capsys):
    secret = secret[:40] if secret.startswith("wJ") else secret
    (problem,) = problems(f"vars: {{key: '{secret}'}}\nroles: []")
    assert isinstance(problem.error, errors.SecretInSpec)
    assert main(["validate", "--spec", str(tmp_path / "vault-aws.yaml"), "--format", "json"]) == 18
    said = capsys.readouterr()
    assert secret not in said.out + said.err


@pytest.mark.parametrize(
    "harmless",
    [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "arn:aws:iam::111122223333:role/AWSReservedSSO_AdministratorAccess0",
        "role/engineering/network/platform-team-a1",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly12345678",
    ],
)
def test_hashes_arns_and_paths_are_no_secrets(load, harmless):
    assert load(f"vars: {{x: '{harmless}'}}\nroles: []")


def test_a_spec_that_is_not_there_is_told_from_one_that_is_a_folder(tmp_path, capsys):
    assert main(["validate", "--spec", str(tmp_path / "none.yaml")]) == errors.SpecNotFound.exit_code
    assert main(["validate", "--spec", str(tmp_path)]) == errors.SpecNotFound.exit_code
    assert "is a folder" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_no_yaml(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["validate", "--spec", str(tmp_path / "x.yaml")]) == errors.SpecNotYaml.exit_code


def test_aliases_that_would_fill_the_memory_are_refused(problems, load):
    bomb = "version: 1\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(errors.SpecNotYaml):
        load(bomb)


def test_a_thousand_roles_of_one_template_are_read_without_linting_each_in_turn(load):
    numbers = ",".join(map(str, range(1000)))
    before = lint.cache_info().misses
    spec = load(f"""
        roles:
          - name: "app-{{{{ item }}}}"
            for_each: [{numbers}]
            type: iam_user
            policies: [s3-read, self-get-user]
            vars: {{buckets: [the-same-for-all]}}
    """)
    assert len(spec.roles) == 1000
    assert lint.cache_info().misses - before == 1


def test_an_iam_user_without_get_user_is_warned_of(load):
    spec = load("""
        roles:
          - {name: web, type: iam_user, policy: s3-read, vars: {buckets: [acme]}}
    """)
    assert "iam:GetUser" in str(spec.warnings[0])


def test_the_json_schema_that_is_shipped_is_the_models(capsys):
    shipped = json.loads((own_templates() / "vault-aws.schema.json").read_text())
    assert shipped == json_schema()
    assert main(["validate", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == shipped


def test_validate_tells_machines_what_people_read(load, tmp_path, capsys):
    load("roles: []")
    assert main(["validate", "--spec", str(tmp_path / "vault-aws.yaml"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "valid": True, "problems": [], "warnings": [], "engines": 1, "roles": 0, "teams": 0,
    }  # fmt: skip


def test_mistakes_of_shape_hide_no_mistake_of_another_kind_and_make_none_up(problems):
    found = problems("""
        version: 1
        engines: [{name: prod, region: eu-west-1}, {name: bad, region: Ireland, oops: 1}]
        roles:
          - {name: a, engine: prdo, type: iam_user, groups: [g]}
          - {name: b, engine: prod, type: iam_user, groups: [g], polcy: x}
          - {name: c, engine: bad, type: iam_user, groups: [g], ttl: {max: 1h}}
        teams:
          - {name: t, roles: ["prod/*", a, b, c, nosuch], auth: [{method: approle}]}
          - {name: u, roles: [x], auth: [{method: magic}]}
    """)
    assert [problem.error.message for problem in found] == [
        "`region` must be an AWS region such as eu-west-1.",
        "Unknown key `oops`.",
        "There is no engine 'prdo'.",
        "Unknown key `polcy`.",
        "An iam_user role takes no `ttl`: the lease of its engine decides.",
        "There is no role 'nosuch'.",
        found[-1].error.message,
    ]
    assert "`method`" in found[-1].error.message


def test_a_role_that_is_wrong_in_itself_is_named_as_the_spec_names_it(problems):
    found = problems("""
        roles:
          - {name: b, type: iam_user, groups: [g], polcy: x}
        teams:
          - {name: t, roles: ["zzz-*"], auth: [{method: approle}]}
    """)
    assert found[-1].error.hint == "The roles are: b."


def test_a_key_that_would_live_for_a_month_is_warned_of(load):
    spec = load("""
        version: 1
        engines: [{name: main, region: eu-west-1}]
        roles: [{name: web, type: iam_user, groups: [web]}]
    """)
    assert "32 days" in str(spec.warnings[0])
    assert "lease: {default: 15m, max: 1h}" in str(spec.warnings[0])


def test_a_region_that_aws_does_not_have_is_warned_of_with_the_one_that_was_meant(load):
    spec = load("version: 1\nengines: [{name: main, region: eu-wset-1}]")
    assert "'eu-west-1'" in str(spec.warnings[0])
    assert spec.warnings[0].column > 1


def test_a_quote_that_is_never_closed_is_told_with_the_line_on_which_it_opened(problems):
    (problem,) = problems('version: 1\nname: "prod\nengines: []\n')
    assert "began on line 2" in problem.error.message
