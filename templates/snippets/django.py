"""Save it as usage.py, and put "usage.count" first into MIDDLEWARE in settings.py."""

import os
import time

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware

from agentry import Agentry

usage = Agentry("{{ url }}", "{{ project }}", os.environ["AGENTRY_DSN"])


@sync_and_async_middleware
def count(get_response):
    def middleware(request):
        began = time.perf_counter()
        response = get_response(request)
        note(request, response, began)
        return response

    async def async_middleware(request):
        began = time.perf_counter()
        response = await get_response(request)
        note(request, response, began)
        return response

    return async_middleware if iscoroutinefunction(get_response) else middleware


def note(request, response, began):
    customer = getattr(request, "customer", None)  # has id and plan; your authentication has set it
    if customer is None:
        return
    match = request.resolver_match
    usage.record(
        customer.id,
        plan=customer.plan,
        endpoint=f"/{match.route}" if match else None,
        method=request.method,
        status=response.status_code,
        latency_ms=round((time.perf_counter() - began) * 1000, 1),
        sdk_version=request.headers.get("X-Sdk-Version"),
        ip_country=request.headers.get("CF-IPCountry"),
    )
