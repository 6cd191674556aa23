"""What a project's people set, as JSON: no secret is in it, and no link."""

from __future__ import annotations

from typing import Any

from agentry.accounts.models import Project
from analytics.answer import moment
from analytics.engines import catalog
from analytics.models import Customer, FlagThresholds, SavedQuery
from publications.models import publications_of


def settings_of(project: Project) -> dict[str, Any]:
    publications = publications_of(project.team_id).filter(project=project)
    own = FlagThresholds.objects.filter(project=project)
    directory = Customer.objects.filter(project=project).select_related("owner__user")
    return {
        "project": {
            "slug": project.slug,
            "name": project.name,
            "team": project.team.slug,
            "created_at": moment(project.created_at),
        },
        "property_types": dict(sorted(catalog.property_types(project.id).items())),
        "flag_thresholds": {each: value for kept in own for each, value in kept.values.items()},
        "customers": [_customer(each) for each in directory.order_by("customer_id")],
        "publications": [
            {
                "publication_id": publication.pk,
                "recipe_id": publication.recipe_id,
                "description": publication.description,
                "params": {"query": publication.query},
                "created_at": moment(publication.created_at),
            }
            for publication in publications
        ],
        "saved_queries": [
            {"name": each.name, "query": each.query, "changed_at": moment(each.changed_at)}
            for each in SavedQuery.objects.filter(project=project, owner=None).order_by("name", "id")
        ],
    }


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.customer_id,
        "name": customer.name,
        "monthly_cap": customer.monthly_cap,
        "owner": customer.owner.user.email if customer.owner else None,
        "account_url": customer.account_url,
        "notes": customer.notes,
    }
