"""Ships Cloudflare's Logpush files, data set HTTP requests: zcat logs/*.gz | python3 agentry_logpush.py

The Ray ID makes the uuid, so a file that is sent twice is counted once. Beside it lies agentry.py.
"""

import json
import logging
import re
import sys
import uuid

from agentry import from_environment, ship

# Headers that your API answers with: custom fields of the Logpush job.
CUSTOMER, PLAN = "x-customer-id", "x-customer-plan"
ROUTES = [  # so that ids do not make an endpoint each; what fits none has no endpoint
    (re.compile(r"/v1/things/[^/]+"), "/v1/things/:id"),
    (re.compile(r"/v1/things"), "/v1/things"),
]
HOUSE = uuid.UUID("6f3c8c1e-5f0e-4a53-8e0f-6a2f7a3f1c55")


def event(line):
    """The event of one request, or None where nobody is known to have called."""
    record = json.loads(line)
    answered, asked = record.get("ResponseHeaders") or {}, record.get("RequestHeaders") or {}
    customer, path = answered.get(CUSTOMER), record.get("ClientRequestPath") or ""
    if not customer:
        return None
    properties = {
        "customer_id": customer,
        "plan": answered.get(PLAN),
        "endpoint": next((route for pattern, route in ROUTES if pattern.fullmatch(path)), None),
        "method": record.get("ClientRequestMethod"),
        "status": record.get("EdgeResponseStatus"),
        "latency_ms": record.get("OriginResponseDurationMs"),
        "bytes": record.get("EdgeResponseBytes"),
        "sdk_version": asked.get("x-sdk-version"),
        "ip_country": (record.get("ClientCountry") or "").upper() or None,
    }
    return {
        "event": "api_request",
        "uuid": str(uuid.uuid5(HOUSE, record["RayID"])),
        "timestamp": record["EdgeStartTimestamp"],  # RFC 3339, as the job's output options say
        "distinct_id": customer,
        "properties": {name: value for name, value in properties.items() if value is not None},
    }


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ship(sys.stdin, from_environment(), event)
