"""The Setup page's middleware in a FastAPI application; prints the answers."""

import json
from types import SimpleNamespace

from fastapi import APIRouter, FastAPI, Request
from fastapi.testclient import TestClient
from usage import app, usage

router = APIRouter()


def authenticate(request: Request):
    request.state.customer = SimpleNamespace(id="fastapi_corp", plan="scale")


@router.get("/things/{number}")
def thing(request: Request, number: int):
    authenticate(request)
    return "thing"


inner = FastAPI()


@inner.get("/broken")
def broken(request: Request):
    authenticate(request)
    raise RuntimeError("broken")


app.include_router(router, prefix="/v1")
app.mount("/v1", inner)
client = TestClient(app, raise_server_exceptions=False)
headers = {"X-Sdk-Version": "1.2.3", "CF-IPCountry": "DE"}
answers = [
    client.get(each, headers=headers).status_code for each in ("/v1/things/7", "/v1/broken", "/v1/nowhere")
]
print(json.dumps({"answers": answers, "sent": usage.counts["sent"]}))
