"""A form makes what it makes once, however often its button is pressed.

Nothing stops a second press while the first is on its way, and the browser then shows the second answer
only. So `{% once %}` puts a number of its own into a form, and `@once` over the view lets the second request
wait for the first and answer as that was answered: the same address, and the cookie with a new secret too.
That answer is kept for two minutes and sealed with the form's number, of which the server keeps nothing, so
that Valkey holds no secret that could be read.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from cryptography.fernet import Fernet
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.models import User
from agentry.accounts.reveal import SECONDS as KEPT_SECONDS
from agentry.errors import AgentryError

FIELD = "once"
WORKED_SECONDS = 60  # then the first request has died, and the form may be sent again
WAIT_SECONDS = 10.0  # for the first request; each that waits holds a thread
STEP_SECONDS = 0.05
WORKING = b"-"

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)
View = Callable[Concatenate[R, P], HttpResponseBase]


class Led(msgspec.Struct, array_like=True):
    """Where a form has led: the address of the redirect, its status, its cookies as they were set."""

    address: str
    status: int
    cookies: list[str]


def once(view: View[R, P]) -> View[R, P]:
    """For the view of a form that makes something, beneath the decorator that lets people in. A form that was
    refused is nothing that was made: sent again, it is looked at again. Without Valkey nothing is held back.
    Raises AgentryError 409 where the first request takes too long."""

    @wraps(view)
    def page(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        number = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not number:
            return view(request, *args, **kwargs)
        name = _name(request, number)
        try:
            led = _led(name, number)
        except RedisError:
            return view(request, *args, **kwargs)
        if led is not None:
            return _again(led)
        response: HttpResponseBase | None = None
        try:
            response = view(request, *args, **kwargs)
        finally:
            _keep(name, number, response)
        return response

    return page


def _name(request: HttpRequest, number: str) -> str:
    """Of a person, an address, and all that the form holds: sent with another content it is another form,
    as when somebody goes back to it."""
    user: User | AnonymousUser = request.user
    fields = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    said = msgspec.json.encode([user.pk, request.path, number, fields])
    return f"once:{hashlib.sha256(said).hexdigest()}"


def _led(name: str, number: str) -> Led | None:
    """Where the form has led; None: nowhere yet, and it is this request's to work on. Raises RedisError,
    AgentryError."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if valkey.client().set(name, WORKING, nx=True, ex=WORKED_SECONDS):
            return None
        kept = valkey.client().get(name)
        if isinstance(kept, bytes) and kept != WORKING:
            return msgspec.json.decode(_seal(number).decrypt(kept), type=Led)
        time.sleep(STEP_SECONDS)
    message = "This form was sent twice, and the first time is still being worked on."
    raise AgentryError(409, "sent_twice", message, "Wait a moment, then look whether it is there.")


def _keep(name: str, number: str, response: HttpResponseBase | None) -> None:
    try:
        if not isinstance(response, HttpResponseRedirect):
            valkey.client().delete(name)
            return
        cookies = [morsel.OutputString() for morsel in response.cookies.values()]
        led = msgspec.json.encode(Led(response.url, response.status_code, cookies))
        valkey.client().set(name, _seal(number).encrypt(led), ex=KEPT_SECONDS)
    except RedisError:
        return  # the next request is told that this one is still at work, or makes it again


def _again(led: Led) -> HttpResponse:
    response = HttpResponseRedirect(led.address, status=led.status)
    for cookie in led.cookies:
        response.cookies.load(cookie)
    return response


def _seal(number: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(number.encode("utf-8", "replace")).digest()))
