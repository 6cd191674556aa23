"""GET /v1/analytics/{project}/changes/: why a customer's calls changed, for programs and agents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentry.accounts.keystore import authorize, project_of, require_scope
from agentry.accounts.models import Project, Scope
from agentry.errors import AgentryError, not_found
from analytics.answer import moment
from analytics.customers.one.address import possible
from analytics.customers.one.change import Dimension, Why
from analytics.customers.one.clients import Compared, clients
from analytics.customers.one.read import read
from analytics.customers.state import State

PARAMETERS = ("customer_id", "event", "window", "from", "to")


class Changes(APIView):
    """Needs an API token with the scope `query`."""

    def get(self, request: Request, project: str) -> Response:
        access = authorize(request.headers.get("Authorization"), "token")
        require_scope(access, Scope.QUERY)
        owner = project_of(access, project)
        query = request.query_params
        if unknown := sorted(set(query) - set(PARAMETERS)):
            raise _wrong(unknown[0][:60], f"There is no parameter `{unknown[0][:60]}`.")
        if "customer_id" not in query:
            raise _wrong("customer_id", "The parameter `customer_id` is missing.")
        state = State.read(query)
        if state.wrong:
            raise _wrong(state.wrong[0].parameter, state.wrong[0].why)
        return Response(change(owner, query["customer_id"], state))


def change(project: Project, customer: str, state: State) -> dict[str, Any]:
    """The answer. Raises AgentryError, also 404 for a customer that has no such event."""
    profile = read(project, customer, state.event, state.window) if possible(customer) else None
    if profile is None or not profile.days:
        raise not_found(
            f"No {state.event} of this project has that customer_id.",
            "Send the customer_id as events have it.",
        )
    spans, answer = profile.spans, profile.answer
    raw = clients(project, customer, state.event, state.window)
    compared = raw.compared if raw else None
    return {
        "customer_id": customer,
        "event": state.event,
        "flag": profile.trend.flag if profile.trend else None,
        "reason": profile.trend.reason if profile.trend else None,
        "why": _why(profile.why, spans.before, spans.now) if profile.why and spans else None,
        "nothing_to_compare": profile.nothing_to_compare or None,
        "why_raw": _why_raw(compared) if compared else None,
        "source": "both" if compared else answer.source,
        "as_of": moment(answer.as_of),
        "complete_through": moment(answer.complete_through),
        "elapsed_ms": round(answer.elapsed_ms, 1),
    }


def _why(why: Why, before: tuple[date, date], now: tuple[date, date]) -> dict[str, Any]:
    return {
        "sentence": why.sentence,
        "before": {"from": _time(before[0]), "to": _time(before[1]), "calls": why.before},
        "now": {"from": _time(now[0]), "to": _time(now[1]), "calls": why.now},
        "change": why.change,
        "change_ratio": why.ratio,
        "splits": [_split(dimension) for dimension in why.dimensions],
    }


def _why_raw(compared: Compared) -> dict[str, Any]:
    found = _why(compared.why, compared.before, compared.now)
    return found | {"sentence": compared.sentence, "note": compared.note}


def _split(dimension: Dimension) -> dict[str, Any]:
    return {
        "by": dimension.name,
        "uneven": round(dimension.uneven, 4),
        "parts": [
            {
                "value": part.name,
                "others": part.others,
                "before": part.before,
                "now": part.now,
                "change": part.change,
            }
            for part in dimension.parts
        ],
    }


def _time(value: date) -> str:
    return moment(value) if isinstance(value, datetime) else value.isoformat()


def _wrong(field: str, message: str) -> AgentryError:
    return AgentryError(
        400, "bad_parameter", message, f"The parameters are {', '.join(PARAMETERS)}.", field=field
    )
