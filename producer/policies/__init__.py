"""IAM policies: rendered from templates, checked by AWS's grammar and limits, linted.

render  templates and inline documents, so that no value changes their structure
    engine        the Jinja environments
    placeholders  what is printed instead of values
    header        the comment at a template's top
document  merge, minify, limits
grammar   what AWS takes
lint      what AWS takes and nobody wants
"""

from producer.policies.document import Limit, check_size, lacks_get_user, merge, minify
from producer.policies.grammar import check
from producer.policies.library import TemplateInfo, template, templates
from producer.policies.lint import lint
from producer.policies.render import Document, render_inline, render_string, render_template

__all__ = [
    "Document",
    "Limit",
    "TemplateInfo",
    "check",
    "check_size",
    "lacks_get_user",
    "lint",
    "merge",
    "minify",
    "render_inline",
    "render_string",
    "render_template",
    "template",
    "templates",
]
