"""`{{ user_agent|browser }}`: "Firefox on Linux", as people say; what is no browser by its first word."""

from __future__ import annotations

from django import template

register = template.Library()
# The first that fits: each of them claims to be those below it.
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox")]
BROWSERS += [("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")]
SYSTEMS += [("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux")]


@register.filter
def browser(user_agent: str) -> str:
    found = [next((name for word, name in words if word in user_agent), "") for words in (BROWSERS, SYSTEMS)]
    return " on ".join(filter(None, found)) or user_agent.partition(" ")[0] or "unknown"
