"""Heroku's public hyper-schema → schema.json: per link that the importer asks, what its answers look like.

`python -m tests.heroku.server.derive FILE COMMIT DATE`, where FILE is tests/__fixtures__/heroku-schema-3.sdk.json of
the public repository heroku/typescript-api-schema (MIT). Only facts are kept: names, types, whether null may stand
there, and the example. Three hosts have no hyper-schema; their shapes are stated here as its typed client states them.
"""

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "schema.json"

# link: (definition, is a list). `sdk` links answer to `version=3.sdk` alone.
LINKS = {
    "api /account": ("account", False),
    "api /account/invoices": ("invoice", True),
    "api /addon-attachments": ("add-on-attachment", True),
    "api /addons": ("add-on", True),
    "api /apps": ("app", True),
    "api /apps/{app}": ("app", False),
    "api /apps/{app}/buildpack-installations": ("buildpack-installation", True),
    "api /apps/{app}/collaborators": ("collaborator", True),
    "api /apps/{app}/config-vars": ("config-var/definitions/config_vars", False),
    "api /apps/{app}/config-vars-settings": ("config-vars-settings", True),
    "api /apps/{app}/domains": ("domain", True),
    "api /apps/{app}/dynos": ("dyno", True),
    "api /apps/{app}/features": ("app-feature", True),
    "api /apps/{app}/formation": ("formation", True),
    "api /apps/{app}/log-drains": ("log-drain", True),
    "api /apps/{app}/oci-images/{id}": ("oci-image", False),
    "api /apps/{app}/releases": ("release", True),
    "api /apps/{app}/slugs/{id}": ("slug", False),
    "api /apps/{app}/sni-endpoints": ("sni-endpoint", True),
    "api /apps/{app}/telemetry-drains": ("telemetry-drain", True),
    "api /apps/{app}/webhooks": ("app-webhook/definitions/app_webhook", True),
    "api /dyno-sizes": ("dyno-size", True),
    "api /pipeline-couplings": ("pipeline-coupling", True),
    "api /pipelines": ("pipeline", True),
    "api /pipelines/{pipeline}/review-app-config": ("review-app-config", False),
    "api /regions": ("region", True),
    "api /spaces": ("space", True),
    "api /spaces/{space}/nat": ("space-nat", False),
    "api /teams": ("team", True),
    "api /teams/{team}/addons": ("add-on", True),
    "api /teams/{team}/apps": ("team-app", True),
    "api /teams/{team}/invoices": ("team-invoice", True),
    "api /teams/{team}/pipeline-couplings": ("pipeline-coupling", True),
    "api /teams/{team}/spaces": ("space", True),
}
SDK_ONLY = (
    "api /apps/{app}/config-vars-settings",
    "api /apps/{app}/telemetry-drains",
    "api /apps/{app}/oci-images/{id}",
)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": ["object"], "properties": properties}


def _of(kind: str, example: Any) -> dict[str, Any]:
    return {"type": kind.split("|"), "example": example}


ID = _of("string", "01234567-89ab-cdef-0123-456789abcdef")
TIME = _of("string", "2012-01-01T12:00:00Z")
LINE = _object(name=_of("string", "Plan"), values={"type": ["array"], "items": {"type": ["string", "number"]}})
SETTING = _object(value=_of("string", ""), desc=_of("string", "text"), default=_of("string", ""))
SERIES = _object(
    data={"type": ["object"], "patternProperties": {".": {"type": ["array"], "items": {"type": ["number", "null"]}}}},
    start_time=TIME,
    end_time=TIME,
    step=_of("integer", 60),
)
PERSON = _object(id=ID, heroku=_object(user_id=ID), github=_object(user_id=_of("integer|null", None)))
APP_LINK = _object(
    app=_object(id=ID),
    app_id=ID,
    auto_deploy=_of("boolean", False),
    branch=_of("string|null", None),
    created_at=TIME,
    id=ID,
    owner=PERSON,
    pull_requests=_object(enabled=_of("boolean", False), auto_deploy=_of("boolean", False)),
    repo=_of("string", "example/example"),
    repo_host=_of("string", "github.com"),
    repo_id=_of("integer", 1),
    updated_at=TIME,
    wait_for_ci=_of("boolean", False),
)
WITHOUT_SCHEMA = {
    "data /client/v11/databases/{addon}": _object(
        addon_id=ID,
        name=_of("string", "postgresql-example-1"),
        created_at=TIME,
        plan=_of("string", "standard-0"),
        credentials=_of("integer", 1),
        resource_url=_of("string|null", None),
        database_name=_of("string|null", None),
        database_user=_of("string|null", None),
        database_password=_of("string", ""),
        info={"type": ["array"], "items": LINE},
        num_bytes=_of("integer", 0),
    ),
    "data /client/v11/databases/{addon}/transfer-schedules": {
        "type": ["array"],
        "items": _object(
            uuid=ID,
            name=_of("string", "DATABASE_URL"),
            days={"type": ["array"], "items": {"type": ["string"]}, "example": []},
            hour=_of("integer", 2),
            timezone=_of("string", "UTC"),
            retain_weeks=_of("integer", 1),
            retain_months=_of("integer", 0),
        ),
    },
    "data /postgres/v0/databases/{addon}/credentials": {
        "type": ["array"],
        "items": _object(uuid=ID, name=_of("string", "default"), state=_of("string", "active")),
    },
    "data /redis/v0/databases/{addon}": _object(
        addon_id=ID,
        name=_of("string", "redis-example-1"),
        plan=_of("string", "premium-0"),
        created_at=TIME,
        port=_of("integer", 6379),
        resource_url=_of("string", ""),
        info={"type": ["array"], "items": LINE},
        version=_of("string", "7.2.5"),
        prefer_native_tls=_of("boolean", True),
    ),
    "data /redis/v0/databases/{addon}/config": _object(
        maxmemory_policy=SETTING, notify_keyspace_events=SETTING, timeout={**SETTING, "properties": {}}
    ),
    "metrics /apps/{app}/formation/web/monitors": {
        "type": ["array"],
        "items": _object(
            id=ID,
            action_type=_of("string", "scale"),
            name=_of("string", "LATENCY_SCALE"),
            is_active=_of("boolean", True),
            min_quantity=_of("integer", 1),
            max_quantity=_of("integer", 1),
            value=_of("number", 1000),
            op=_of("string", "GREATER_OR_EQUAL"),
            period=_of("integer", 1),
        ),
    },
    "metrics /apps/{app}/router-metrics/latency": SERIES,
    "metrics /apps/{app}/router-metrics/status": SERIES,
    "github /apps/{app}/github": APP_LINK,
    "github /pipelines/{pipeline}/github": {"type": ["array"], "items": APP_LINK},
}
WITHOUT_SCHEMA["data /redis/v0/databases/{addon}/config"]["properties"]["timeout"]["properties"] = {
    "value": _of("integer", 300),
    "desc": _of("string", "text"),
    "default": _of("integer", 300),
}
KEPT = ("type", "enum", "example")


def shape(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The node with its references followed: names, types and examples, and nothing else."""
    node = _follow(node, definitions)
    if "anyOf" in node:  # of an expansion, the full form; of an identity, the first
        full = max(node["anyOf"], key=lambda one: len(_follow(one, definitions).get("properties", ())))
        return shape(full, definitions)
    found = {key: node[key] for key in KEPT if key in node}
    if "properties" in node:
        found["properties"] = {name: shape(one, definitions) for name, one in node["properties"].items()}
    if "patternProperties" in node:
        (one,) = node["patternProperties"].values()
        found["patternProperties"] = {".": shape(one, definitions)}
    if "items" in node:
        found["items"] = shape(node["items"], definitions)
    if not {"properties", "patternProperties", "items"}.isdisjoint(found):
        found.pop("example", None)
    return found


def _follow(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = {"definitions": definitions}
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def derive(document: dict[str, Any], commit: str, date: str) -> dict[str, Any]:
    """What schema.json holds."""
    links = {}
    for link, (definition, is_list) in LINKS.items():
        one = shape({"$ref": f"#/definitions/{definition}"}, document["definitions"])
        links[link] = {"type": ["array"], "items": one} if is_list else one
        if definition == "add-on":  # with Accept-Expansion the whole plan stands there, and its price
            one["properties"]["plan"] = shape(
                {"$ref": "#/definitions/add-on/definitions/plan"}, document["definitions"]
            )
        if link in SDK_ONLY:
            links[link]["version"] = "3.sdk"
    return {
        "source": "heroku/typescript-api-schema, tests/__fixtures__/heroku-schema-3.sdk.json and its typed client",
        "commit": commit,
        "date": date,
        "derived": "by tests/heroku/server/derive.py: names, types and examples of the links that the importer asks",
        "links": {link: links.get(link) or WITHOUT_SCHEMA[link] for link in sorted({*links, *WITHOUT_SCHEMA})},
    }


def main(file: str, commit: str, date: str) -> None:
    """Write schema.json, a line for each link."""
    derived = derive(json.loads(Path(file).read_text()), commit, date)
    links = ",\n".join(f"{json.dumps(link)}: {json.dumps(one)}" for link, one in derived.pop("links").items())
    head = json.dumps(derived, indent=1).removesuffix("\n}")
    FILE.write_text(f'{head},\n "links": {{\n{links}\n}}}}\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
