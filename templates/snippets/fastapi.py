import os
import time

from fastapi import FastAPI

from agentry import Agentry

usage = Agentry("{{ url }}", "{{ project }}", os.environ["AGENTRY_DSN"])


class Count:
    """ASGI, not @app.middleware("http"): it also sees the time that a streamed answer takes."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def answer(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            note(scope, status, began)


def note(scope, status, began):
    customer = scope.get("state", {}).get("customer")  # request.state.customer, set by your authentication
    if customer is None:
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    usage.record(
        customer.id,
        plan=customer.plan,
        endpoint=endpoint(scope),
        method=scope["method"],
        status=status,
        latency_ms=round((time.perf_counter() - began) * 1000, 1),
        sdk_version=headers.get("x-sdk-version"),
        ip_country=headers.get("cf-ipcountry"),
    )


def endpoint(scope):
    """The route, not the path; of a mounted application with what it is mounted under."""
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    root = scope.get("root_path", "")
    return root.removeprefix(scope.get("app_root_path", root)) + route.path if route else None


app = FastAPI()
app.add_middleware(Count)
