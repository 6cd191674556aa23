"""What the pages of questions write."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_CODE = re.compile(r"`([^`]+)`")


@register.filter
def plainly(code: str) -> str:
    """An error's code in a line that has no room for its sentence: `unknown_column` → "unknown column"."""
    return code.replace("_", " ")


@register.filter
def coded(text: str) -> SafeString:
    """`x` in a sentence becomes code; all else is text."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))
