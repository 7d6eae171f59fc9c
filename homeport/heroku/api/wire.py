"""The fields of Heroku's answers that are read. What is not named here is dropped before anything is kept or written.

Left out on purpose: URLs with passwords of databases, signed URLs of slugs, URLs of running dynos, tokens and headers
of drains, payment data. A field of another type than Heroku's schema states becomes a Doubt, and counts as absent.
"""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}


def host_of(value: object) -> object:
    """The host of a URL, which may hold a password; other types as they are, to be doubted."""
    if not isinstance(value, str):
        return value
    try:
        return urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        return ""


def without_password(value: object) -> object:
    """A URL without user, password and query; other text as it is."""
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


Host = Annotated[str, BeforeValidator(host_of)]
PublicUrl = Annotated[str, BeforeValidator(without_password)]


class Wire(BaseModel):
    """A part of an answer. Null is the same as absent."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value


class Named(Wire):
    id: str = ""
    name: str = ""


class Account(Wire):
    id: str
    email: str = ""
    suspended_at: str = ""
    delinquent_at: str = ""


class Team(Wire):
    id: str
    name: str
    type: str = ""


class WireSpace(Wire):
    id: str
    name: str
    region: Named = Named()
    shield: bool = False
    cidr: str = ""


class Nat(Wire):
    sources: list[str] = []


class WireApp(Wire):
    id: str
    name: str
    generation: str = "cedar"
    maintenance: bool = False
    region: Named = Named()
    space: Named = Named()
    stack: Named = Named()
    team: Named = Named()
    web_url: PublicUrl = ""


class Formation(Wire):
    type: str
    command: str = ""
    quantity: int | None = None
    size: str = ""
    dyno_size: Named = Named()


class Dyno(Wire):
    name: str
    type: str = ""
    command: str = ""
    size: str = ""


class Price(Wire):
    cents: int | None = None
    unit: str = ""
    contract: bool = False
    metered: bool = False


class WireDynoSize(Wire):
    name: str
    memory: float | None = None
    compute: int | None = None
    cost: Price = Price()


class Setting(Wire):
    """A config var. `value` is shown nowhere; of a masked one it is never looked at."""

    key: str
    value: str | None = Field(None, repr=False)
    masked: bool = False
    attachment: Named = Named()


class ConfigVars(Wire):
    """The plain form: values by names. Heroku's body is the dictionary alone."""

    vars: dict[str, str | None] = Field({}, repr=False)


class Plan(Named):
    price: Price = Price()


class WireAddOn(Wire):
    id: str
    name: str
    addon_service: Named = Named()
    app: Named = Named()
    billed_price: Price | None = None
    config_vars: list[str] = []
    plan: Plan = Plan()
    state: str = ""


class AddOnRef(Named):
    app: Named = Named()


class WireAttachment(Wire):
    id: str
    name: str
    namespace: str = ""
    addon: AddOnRef = AddOnRef()
    app: Named = Named()


class WireDomain(Wire):
    hostname: str
    kind: str = ""
    acm_status: str = ""
    sni_endpoint: Named = Named()


class CertificateFacts(Wire):
    cert_domains: list[str] = []
    expires_at: str = ""
    issuer: str = ""


class SniEndpoint(Wire):
    name: str
    display_name: str = ""
    ssl_cert: CertificateFacts = CertificateFacts()


class BuildpackName(Wire):
    name: str = ""
    url: PublicUrl = ""


class Installation(Wire):
    ordinal: int = 0
    buildpack: BuildpackName = BuildpackName()


class WireRelease(Wire):
    version: int
    current: bool = False
    status: str = ""
    description: str = ""
    created_at: str = ""
    slug: Named = Named()
    oci_image: Named = Named()


class Slug(Wire):
    id: str = ""
    commit: str = ""
    process_types: dict[str, str] = {}


class ImageProcess(Wire):
    command: str = ""
    display_cmd: str = ""


class OciImage(Wire):
    id: str = ""
    commit: str = ""
    process_types: dict[str, ImageProcess] = {}


class WirePipeline(Wire):
    id: str
    name: str


class WireCoupling(Wire):
    app: Named = Named()
    pipeline: Named = Named()
    stage: str = ""


class ReviewConfig(Wire):
    automatic_review_apps: bool = False
    destroy_stale_apps: bool = False
    stale_days: int | None = None


class Person(Wire):
    email: str = ""


class WireCollaborator(Wire):
    user: Person = Person()
    role: str = ""


class LogDrain(Wire):
    id: str = ""
    url: Host = ""
    addon: Named = Named()


class Exporter(Wire):
    type: str = ""
    endpoint: Host = ""


class TelemetryDrain(Wire):
    id: str = ""
    exporter: Exporter = Exporter()


class WireFeature(Wire):
    name: str
    enabled: bool = False


class WireWebhook(Wire):
    id: str = ""
    url: Host = ""
    include: list[str] = []


class Provider(Wire):
    name: str = ""
    region: str = ""


class WireRegion(Wire):
    name: str
    provider: Provider = Provider()


class WireInvoice(Wire):
    number: int | None = None
    period_start: str = ""
    total: float | None = None


class TeamInvoice(WireInvoice):
    """Amounts in cents."""

    addons_total: int = 0
    database_total: int = 0
    platform_total: int = 0
    weighted_dyno_hours: float = 0.0


class InfoLine(Wire):
    name: str
    values: list[PublicUrl | int | float] = []


class PostgresInfo(Wire):
    info: list[InfoLine] = []
    num_bytes: int | None = None
    credentials: int | None = None


class Credential(Wire):
    name: str = ""


class BackupSchedule(Wire):
    name: str = ""
    hour: int = 0
    timezone: str = ""


class RedisInfo(Wire):
    version: str = ""
    info: list[InfoLine] = []


class Choice(Wire):
    value: str = ""


class RedisConfig(Wire):
    maxmemory_policy: Choice = Choice()


class Monitor(Wire):
    action_type: str = ""
    is_active: bool = True
    min_quantity: int | None = None
    max_quantity: int | None = None
    value: float | None = None


class Series(Wire):
    """Values for each step; None where nothing was measured."""

    start_time: str = ""
    step: int = 0  # minutes
    data: dict[str, list[float | None]] = {}


class AppLink(Wire):
    app: Named = Named()
    repo: str = ""
    repo_host: str = ""
    branch: str = ""
    auto_deploy: bool = False
