"""Logins in a spec: what each method needs, what would let strangers in, and how long tokens live."""

from __future__ import annotations

import pytest

from producer.desired import Desired, team_entry, team_policy
from producer.logins import resources
from producer.resources.aws_login_role import AwsLoginRole
from producer.resources.member import LdapMember
from producer.root import RootKey
from vault_aws_kit import errors

ROLES = """
roles:
  - {name: web, type: iam_user, groups: [web]}
  - {name: api, type: iam_user, groups: [api]}
"""


def spec_with(*logins, team=""):
    return f"{ROLES}\nteams:\n  - {{name: pay, roles: ['*'], {team} auth: [{', '.join(logins)}]}}"


GITHUB = "method: jwt, preset: github, mount: gh"
KUBERNETES = "{method: kubernetes, bound_service_account_names: ['*'], bound_service_account_namespaces: ['*']}"
WRONG = {
    "nobody is bound": ("{method: jwt, mount: ci, bound_audiences: [a]}", errors.FieldNotForType, "whoever the issuer knows"),
    "everything is bound": ("{method: jwt, mount: ci, bound_audiences: [a], bound_claims: {sub: '*'}}", errors.FieldNotForType, "binds nothing"),
    "a claim that anybody has": (f"{{{GITHUB}, bound_claims: {{ref: refs/heads/main}}, bound_audiences: [a]}}",
                                 errors.FieldNotForType, "repository"),
    "an audience that nobody can guess": ("{method: jwt, preset: gitlab, mount: gl, bound_claims: {project_path: acme/x}}",
                                          errors.WrongType, "bound_audiences"),
    "any claim or one of one's own": ("{method: jwt, mount: ci, bound_audiences: [a], bound_claims: {sub: [a, '*']}}",
                                      errors.FieldNotForType, "binds nothing"),
    "a repository of that name, whoever owns it": (f"{{{GITHUB}, bound_audiences: [a], bound_claims: {{repository: '*/web'}}}}",
                                                   errors.FieldNotForType, "owner's name"),
    "an owner whose name begins like that": (f"{{{GITHUB}, bound_audiences: [a], bound_claims: {{repository: 'acme*'}}}}",
                                             errors.FieldNotForType, "owner's name"),
    "an organisation or any": ("{method: jwt, preset: hcp, mount: h, bound_claims: {terraform_organization_name: [acme, 'x*']}}",
                               errors.FieldNotForType, "owner's name"),
    "a token for whomever": ("{method: jwt, mount: ci, bound_claims: {sub: a}}", errors.WrongType, "bound_audiences"),
    "a configuration of another's mount": ("{method: kubernetes, kubernetes_host: 'https://x', bound_service_account_names: [a], bound_service_account_namespaces: [a]}",
                                           errors.FieldNotForType, "create_mount"),
    "any account of the cluster": (KUBERNETES, errors.FieldNotForType, "every service account"),
    "nobody of the directory": ("{method: ldap}", errors.FieldNotForType, "neither `groups` nor `users`"),
    "a key of another method": ("{method: userpass, users: [ann], secret_id_ttl: 1h}", errors.UnknownKey, "users"),
    "a typo": ("{method: jwt, bound_claim: {sub: a}}", errors.UnknownKey, "`bound_claims`"),
    "no method": ("{mount: x}", errors.WrongType, "'approle' or 'jwt'"),
    "a role that the team has not": ("{method: approle, roles: [nope]}", errors.UnknownReference, "nope"),
}  # fmt: skip


@pytest.mark.parametrize(("login", "error", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_would_let_strangers_in_or_means_nothing_is_refused(problems, login, error, words):
    (problem,) = problems(spec_with(login))
    assert type(problem.error) is error
    assert words in problem.error.message + problem.error.hint
    assert problem.line > 0


def test_a_preset_fills_in_what_is_the_same_for_everybody(load):
    spec = load(spec_with(f"{{{GITHUB}, create_mount: true, bound_claims: {{repository: acme/web}}}}"))
    (login,) = spec.teams[0].logins
    assert login.config["oidc_discovery_url"] == "https://token.actions.githubusercontent.com"
    assert login.role["bound_audiences"] == ["https://github.com/acme"]
    assert (login.role["user_claim"], login.role["bound_claims_type"]) == ("repository", "string")


@pytest.mark.parametrize(
    "bound", ["repository: acme/*", "repository: [acme/web, acme/api]", "repository_owner: acme, ref: '*main'"]
)
def test_a_glob_may_stand_for_what_one_owner_has(load, bound):
    load(spec_with(f"{{{GITHUB}, bound_audiences: [a], bound_claims: {{{bound}}}}}"))


@pytest.mark.parametrize(
    ("said", "config"),
    [
        ("oidc_discovery_url: 'https://gitlab.acme.com'",
         {"oidc_discovery_url": "https://gitlab.acme.com", "bound_issuer": "https://gitlab.acme.com"}),
        ("jwks_url: 'https://gitlab.com/oauth/discovery/keys'",
         {"jwks_url": "https://gitlab.com/oauth/discovery/keys", "bound_issuer": "https://gitlab.com"}),
    ],
)  # fmt: skip
def test_a_preset_fits_an_installation_of_ones_own_and_other_sources_of_keys(load, said, config):
    login = f"{{method: jwt, preset: gitlab, create_mount: true, bound_audiences: [v], bound_claims: {{project_id: '7'}}, {said}}}"
    assert load(spec_with(login)).teams[0].logins[0].config == config


def test_nobody_guesses_the_audience_of_an_installation_of_ones_own(problems):
    own = "create_mount: true, oidc_discovery_url: 'https://github.acme.com/_services/token'"
    (problem,) = problems(spec_with(f"{{{GITHUB}, {own}, bound_claims: {{repository: acme/web}}}}"))
    assert "bound_audiences" in problem.error.message


TWO_TEAMS = """
teams:
  - {{name: pay, roles: [web], auth: [{0}]}}
  - {{name: ops, roles: [api], auth: [{1}]}}
"""
KEYS = "method: jwt, mount: ci, bound_audiences: [v], bound_claims: {sub: a}, create_mount: true"
CLASHES = {
    "one mount of two methods": ("{method: approle, mount: ci}", f"{{{KEYS}}}", errors.DuplicateName, "approle and of jwt"),
    "one mount with two configurations": (f"{{{KEYS}, bound_issuer: a}}", f"{{{KEYS}, bound_issuer: b}}",
                                          errors.FieldNotForType, "differ in bound_issuer"),
    "one user in two teams": ("{method: userpass, users: [Ann]}", "{method: userpass, users: [bob, ann]}",
                              errors.DuplicateName, "'ann' of userpass/ is in team pay already"),
    "one group in two teams": ("{method: ldap, groups: [dev]}", "{method: ldap, groups: [dev]}",
                               errors.DuplicateName, "in team pay already"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "error", "words"), CLASHES.values(), ids=CLASHES.keys())
def test_logins_that_can_not_be_had_together_are_refused_at_the_second(problems, one, other, error, words):
    (problem,) = problems(ROLES + TWO_TEAMS.format(one, other))
    assert type(problem.error) is error
    assert words in problem.error.message


def test_a_mount_that_several_logins_configure_alike_is_configured_once(load):
    one, other, third = f"{{{KEYS}, bound_issuer: a}}", f"{{{KEYS}, bound_issuer: a}}", f"{{{KEYS}}}"
    spec = load(ROLES + TWO_TEAMS.format(one, f"{other}, {third[:-1]}, name: more}}"))
    paths = [made.path for made in Desired(spec, {"main": RootKey()}).resources()]
    assert len(paths) == len(set(paths))
    assert "auth/ci/config" in paths


def test_jwt_and_oidc_may_share_a_mount(load):
    oidc = "{method: oidc, mount: ci, bound_claims: {groups: a}}"
    load(ROLES + TWO_TEAMS.format("{method: jwt, mount: ci, bound_audiences: [v], bound_claims: {sub: a}}", oidc))


def test_a_star_in_a_claim_makes_it_a_glob_and_variables_are_filled_in(load):
    spec = load(
        "vars: {org: acme}"
        + spec_with("{method: jwt, bound_audiences: [v], bound_claims: {project_path: '{{ org }}/*'}}")
    )
    (login,) = spec.teams[0].logins
    assert login.role["bound_claims"] == {"project_path": "acme/*"}
    assert login.role["bound_claims_type"] == "glob"


def test_two_logins_at_one_mount_need_names(problems, load):
    one = "{method: jwt, bound_audiences: [v], bound_claims: {sub: a}}"
    (problem,) = problems(spec_with(one, one))
    assert type(problem.error) is errors.DuplicateName
    spec = load(spec_with(one, "{method: jwt, name: ci, bound_audiences: [v], bound_claims: {sub: b}}"))
    names = [made.path for login in spec.teams[0].logins for made in resources(spec, spec.teams[0], login)]
    assert names == ["auth/jwt/role/vak-prod-pay", "auth/jwt/role/vak-prod-pay.ci"]


def test_a_login_may_have_fewer_roles_than_its_team(load):
    spec = load(
        spec_with("{method: approle}", "{method: jwt, roles: [web], bound_audiences: [v], bound_claims: {sub: a}}")
    )
    team = spec.teams[0]
    assert "creds/api" in team_policy(spec, team, "catalog")
    narrow = team_policy(spec, team, "catalog", team.logins[1])
    assert ("creds/web" in narrow, "creds/api" in narrow) == (True, False)
    entry = team_entry(spec, team)
    assert entry.policies == ("vak-prod-pay", "vak-prod-pay.jwt")
    assert [role.name for role in entry.for_policies(["vak-prod-pay.jwt"]).roles] == ["web"]
    assert len(entry.for_policies(["vak-prod-pay.jwt", "vak-prod-pay"]).roles) == 2


def test_strict_attribution_needs_a_mount_of_the_teams_own(problems, load):
    (problem,) = problems(spec_with("{method: approle}", team="attribution: strict,"))
    assert "mount: approle-pay" in problem.error.hint
    spec = load(spec_with("{method: approle, mount: approle-pay}", team="attribution: strict,"))
    assert team_policy(spec, spec.teams[0], "catalog").count("denied_parameters") == 4


@pytest.mark.parametrize(("ttls", "fields"), [("token_ttl: 10m", ["token_ttl"]), ("token_max_ttl: 30m", ["token_max_ttl"]),
                                              ("token_ttl: 1h", [])])  # fmt: skip
def test_a_token_that_ends_before_a_key_that_it_asked_for_is_warned_of(load, ttls, fields):
    spec = load(spec_with(f"{{method: approle, {ttls}}}"))
    told = [str(warning) for warning in spec.warnings if "die with the token" in str(warning)]
    assert len(told) == len(fields)


def test_what_the_directory_and_iam_answer_is_read_whatever_its_order():
    role = AwsLoginRole("aws", "vak-prod-pay", "vak-prod-pay", 900, 3600, {"bound_iam_principal_arn": ["a", "b"]})
    answer = {**role.body(), "bound_iam_principal_arn": ["b", "a"], "token_bound_cidrs": [], "auth_type": "iam"}
    assert role.normalise(answer) == role.body()
    group = LdapMember("ldap", "groups", "ops", "vak-prod-pay")
    assert group.normalise({"policies": None}) is None
    assert group.normalise({"policies": ["vak-prod-pay"]}) == group.body()
    assert group.normalise({"policies": ["z", "a"]}) == {"policies": ["a", "z"]}
