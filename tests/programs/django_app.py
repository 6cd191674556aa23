"""The Setup page's middleware in a Django project, over `wsgi` or `asgi`; prints the answers."""

import asyncio
import json
import sys
from types import SimpleNamespace

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

CUSTOMER = f"django_{sys.argv[1]}_corp"


class Authenticate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path != "/v1/nowhere":
            request.customer = SimpleNamespace(id=CUSTOMER, plan="scale")
        return self.get_response(request)


def thing(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse("thing")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


urlpatterns = [
    path("v1/", include([path("things/<int:number>", thing), path("broken", broken)])),
]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["usage.count", f"{__name__}.Authenticate"],
    LOGGING_CONFIG=None,
)
django.setup()

from django.test import AsyncClient, Client  # noqa: E402
from usage import usage  # noqa: E402

HEADERS = {"X-Sdk-Version": "1.2.3", "CF-IPCountry": "DE"}
PATHS = ["/v1/things/7", "/v1/broken", "/v1/nowhere"]


async def over_asgi() -> list[int]:
    client = AsyncClient(raise_request_exception=False)
    return [(await client.get(each, headers=HEADERS)).status_code for each in PATHS]


def over_wsgi() -> list[int]:
    client = Client(raise_request_exception=False)
    return [client.get(each, headers=HEADERS).status_code for each in PATHS]


answers = asyncio.run(over_asgi()) if sys.argv[1] == "asgi" else over_wsgi()
print(json.dumps({"answers": answers, "sent": usage.counts["sent"]}))
