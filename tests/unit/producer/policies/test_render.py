"""Rendering: values are values, whatever they hold, and each mistake is told with its place."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from producer.policies import render_inline, render_string, render_template
from vault_aws_kit.errors import PolicyNotJson, TemplateBroken, UndefinedVariable, UnknownTemplate, WrongType

HOSTILE = '"], "Action": "*", "x": ["'


def test_a_value_with_quotes_stays_inside_its_string(write):
    folders = write('{"Resource": "arn:{{ x }}"}')
    assert render_template("mine", {"x": HOSTILE}, folders) == {"Resource": f"arn:{HOSTILE}"}


@pytest.mark.parametrize(
    "source",
    [
        '{% set s %}a{{ x }}{% endset %}{"Resource": "{{ s }}"}',
        '{% macro m(v) %}a{{ v }}{% endmacro %}{"Resource": "{{ m(x) }}"}',
        '{% macro m() %}a{{ caller() }}{% endmacro %}{"Resource": "{% call m() %}{{ x }}{% endcall %}"}',
        '{"Resource": "{% filter replace("z", x) %}az{% endfilter %}"}',
        '{"Resource": "{% for v in [x] recursive %}a{{ v }}{% endfor %}"}',
        '{% block b %}{"Resource": "a{{ x }}"}{% endblock %}',
        '{% autoescape true %}{"Resource": "a{{ x }}"}{% endautoescape %}',
        '{"Resource": "{{ "a" ~ x }}"}',
        '{"Resource": {{ ("a" ~ x) | tojson }}}',
    ],
    ids=["set", "macro", "call", "filter", "recursive", "block", "autoescape", "concatenation", "tojson"],
)
def test_no_way_of_printing_lets_a_value_out_of_its_string(write, source):
    assert render_template("mine", {"x": HOSTILE}, write(source)) == {"Resource": f"a{HOSTILE}"}


@pytest.mark.parametrize(
    "source",
    [
        '{"Resource": {{ x }}}',
        '{% set s %}"{{ x }}"{% endset %}{"Resource": {{ s }}}',
        '{% macro m() %}"a"{% endmacro %}{"Resource": {{ m() }}}',
        '{% macro m() %}"a{{ caller() }}"{% endmacro %}{"Resource": {% call m() %}{% endcall %}}',
        '{"Resource": {% filter upper %}"a"{% endfilter %}}',
        '{"Resource": {% for v in [1] recursive %}"a"{% endfor %}}',
        '{"Resource": {{ "[1]" }}}',
        '{"a": "b"{{ ", " }}"c": "d"}',
        '{ {{ x }}: "d"}',
    ],
)
def test_what_is_printed_outside_of_quotes_is_an_error_even_where_it_would_be_json(write, source):
    with pytest.raises(PolicyNotJson, match="outside of quotes"):
        render_template("mine", {"x": '"a"'}, write(source))


def test_the_error_names_the_line_of_the_template_that_printed_it(write):
    source = '{\n{# two\nlines #}\n  {% for r in rs %}\n  "k{{ r }}": 1,\n  {% endfor %}\n  "a": "{{ r0 }}",\n  "b": {{ r0 }}\n}\n'
    with pytest.raises(PolicyNotJson, match=r"Template 'mine', line 8: the value 'v' is printed outside of quotes"):
        render_template("mine", {"rs": [1, 2, 3], "r0": "v"}, write(source))


def test_a_comma_too_many_is_told_with_its_line(write):
    source = '{"a": [\n{% for r in rs %}\n"{{ r }}",\n{% endfor %}\n\n]}'
    with pytest.raises(PolicyNotJson, match=r"line [56]") as raised:
        render_template("mine", {"rs": ["x"]}, write(source))
    assert "comma" in raised.value.hint


def test_tojson_inside_quotes_is_an_error_that_says_so(write):
    for source in ('{"a": "{{ x | tojson }}"}', '{"a": "b{{ x | tojson }}"}'):
        with pytest.raises(PolicyNotJson, match="inside quotes"):
            render_template("mine", {"x": "v"}, write(source))


def test_tojson_makes_a_value_of_any_shape(write):
    folders = write('{"a": {{ x | tojson }}, "b": {{ x.l | map("upper") | tojson }}, {{ "k" | tojson }}: 1}')
    value = {"l": ["p", 'q"'], "n": None, "t": True}
    assert render_template("mine", {"x": value}, folders) == {"a": value, "b": ["P", 'Q"'], "k": 1}


def test_a_captured_block_can_be_compared_and_filtered_as_the_text_that_it_is(write):
    folders = write('{% set s %}app-{{ x }}{% endset %}{"a": "{{ "yes" if s == "app-prod" }} {{ s | length }}"}')
    assert render_template("mine", {"x": "prod"}, folders) == {"a": "yes 8"}


def test_keys_are_filled_in_and_may_not_collide(write):
    folders = write('{"k{{ x }}": 1, "{{ y }}": 2}')
    assert render_template("mine", {"x": "1", "y": '"'}, folders) == {"k1": 1, '"': 2}
    with pytest.raises(PolicyNotJson, match="the key 'k1' twice"):
        render_template("mine", {"x": "1", "y": "k1"}, folders)


def test_a_key_that_stands_twice_in_the_template_is_an_error(write):
    with pytest.raises(PolicyNotJson, match="the key 'Action' twice"):
        render_template("mine", {}, write('{"Action": "a", "Action": "b"}'))


def test_policy_variables_of_iam_pass_through(write):
    text = "${aws:username}"
    assert render_template("mine", {"x": text}, write('{"a": "${aws:username} {{ x }}"}')) == {"a": f"{text} {text}"}


def test_truth_numbers_and_text_are_printed_as_json_would(write):
    folders = write('{"a": "{{ t }} {{ n }} {{ s }}"}')
    assert render_template("mine", {"t": True, "n": 123456789012, "s": "x"}, folders) == {"a": "true 123456789012 x"}


@pytest.mark.parametrize(
    ("value", "said"), [(["a"], "a list"), ({"a": 1}, "a mapping"), (None, "null"), (iter("ab"), "a list")]
)
def test_a_list_a_mapping_and_null_need_tojson(write, value, said):
    with pytest.raises(TemplateBroken, match=f"line 2: {said} can't be printed as text") as raised:
        render_template("mine", {"x": value}, write('{\n"a": "{{ x }}"}'))
    assert "tojson" in raised.value.hint


def test_an_undefined_variable_is_named_with_what_is_near(write):
    with pytest.raises(UndefinedVariable, match="line 2: the variable 'regoin' is not defined") as raised:
        render_template("mine", {"region": "x"}, write('{\n"a": "{{ regoin }}"}'))
    assert "'region'" in raised.value.hint


def test_an_undefined_key_is_named_with_the_mapping_that_lacks_it(write):
    with pytest.raises(UndefinedVariable, match="'prd' is not defined in 'accounts'") as raised:
        render_template("mine", {"accounts": {"prod": "1"}}, write('{"a": "{{ accounts.prd }}"}'))
    assert "'prod'" in raised.value.hint


def test_undefined_is_an_error_under_tojson_too(write):
    with pytest.raises(UndefinedVariable, match="'x'"):
        render_template("mine", {}, write('{"a": {{ x | tojson }}}'))


def test_an_unknown_template_comes_with_near_names():
    with pytest.raises(UnknownTemplate, match="'s3-reed'") as raised:
        render_template("s3-reed", {})
    assert "'s3-read'" in raised.value.hint


def test_broken_jinja_is_told_with_its_line(write):
    with pytest.raises(TemplateBroken, match="'mine', line 2"):
        render_template("mine", {}, write('{\n"a": "{{ x "}'))


def test_what_a_template_raises_is_told_with_its_line(write):
    with pytest.raises(TemplateBroken, match="'mine', line 2: division"):
        render_template("mine", {}, write('{\n"a": "{{ 1 / 0 }}"}'))


def test_a_template_cannot_reach_python(write):
    with pytest.raises(TemplateBroken, match="unsafe"):
        render_template("mine", {}, write('{"a": "{{ "".__class__.__mro__ }}"}'))


def test_a_template_that_renders_no_object_is_an_error(write):
    with pytest.raises(PolicyNotJson, match="a policy is a JSON object"):
        render_template("mine", {}, write('["a"]'))


def test_a_template_of_the_users_hides_the_kits_own(write):
    assert render_template("s3-read", {}, write("{}", "s3-read")) == {}


def test_a_changed_template_is_read_again(write):
    assert render_template("mine", {}, write('{"a": 1}')) == {"a": 1}
    assert render_template("mine", {}, write('{"a": 2, "b": 3}')) == {"a": 2, "b": 3}


def test_a_required_variable_that_is_missing_is_told_with_its_meaning():
    with pytest.raises(UndefinedVariable, match=r"'buckets' \(names of the buckets\)"):
        render_template("s3-read", {})


def test_text_where_a_list_is_meant_is_an_error_and_not_a_list_of_its_letters():
    with pytest.raises(WrongType, match="'buckets' of template 's3-read' must be a list"):
        render_template("s3-read", {"buckets": "acme"})


@pytest.mark.parametrize("empty", [{"bucket": "", "keys": ["k"]}, {"bucket": "b", "keys": []}])
def test_a_required_variable_that_is_empty_is_an_error_and_not_an_arn_that_means_everything(empty):
    with pytest.raises(WrongType, match="must not be empty"):
        render_template("terraform-state-s3", empty)


def test_renderings_at_the_same_time_do_not_mix_their_values(write):
    folders = write('{"a": [{% for n in range(50) %}"{{ x }}",{% endfor %} "{{ x }}"]}')
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda x: render_template("mine", {"x": x}, folders), range(200)))
    assert found == [{"a": [str(x)] * 51} for x in range(200)]


# ── inline documents ─────────────────────────────────────────────────────────────────────────────


def test_each_string_of_an_inline_document_is_rendered_by_itself():
    document = {"Statement": [{"Resource": ["arn:{{ x }}"], "Condition": {"Bool": {"{{ k }}": True}}}]}
    assert render_inline(document, {"x": HOSTILE, "k": "a:b"}) == {
        "Statement": [{"Resource": [f"arn:{HOSTILE}"], "Condition": {"Bool": {"a:b": True}}}]
    }


def test_an_inline_document_may_be_json_text():
    assert render_inline('{"Resource": "arn:{{ x }}"}', {"x": HOSTILE}) == {"Resource": f"arn:{HOSTILE}"}


def test_a_string_that_is_nothing_but_tojson_becomes_the_value():
    assert render_inline({"a": "{{ x | tojson }}"}, {"x": ['"', 2]}) == {"a": ['"', 2]}
    with pytest.raises(PolicyNotJson, match="at a: "):
        render_inline({"a": "b{{ x | tojson }}"}, {"x": ["y"]})


def test_an_unquoted_version_which_yaml_reads_as_a_date_is_text_again():
    assert render_inline({"Version": dt.date(2012, 10, 17)}, {}) == {"Version": "2012-10-17"}


def test_inline_text_that_is_no_json_is_an_error():
    for text in ("{", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', "{% for x in y %}{% endfor %}"):
        with pytest.raises(PolicyNotJson):
            render_inline(text, {})


def test_an_undefined_variable_of_an_inline_document_is_told_with_its_place():
    with pytest.raises(UndefinedVariable, match=r"at Statement\.0\.Resource: the variable 'x'"):
        render_inline({"Statement": [{"Resource": "{{ x }}"}]}, {})


def test_keys_of_an_inline_document_may_not_collide():
    with pytest.raises(PolicyNotJson, match="twice"):
        render_inline({"{{ x }}": 1, "a": 2}, {"x": "a"})


# ── strings of a spec ────────────────────────────────────────────────────────────────────────────


def test_a_string_is_rendered_strictly():
    assert render_string("a-{{ x }}-{{ t }}", {"x": '"', "t": False}) == 'a-"-false'
    assert render_string("${aws:username} {a}", {}) == "${aws:username} {a}"
    with pytest.raises(UndefinedVariable, match="'y'"):
        render_string("{{ y }}", {})
    with pytest.raises(TemplateBroken):
        render_string("{{ y", {})
    with pytest.raises(TemplateBroken, match="a list"):
        render_string("{{ x }}", {"x": [1]})
