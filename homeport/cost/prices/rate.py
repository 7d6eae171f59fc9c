"""What all of AWS's price lists say, whatever their form: a rate is one tier of one product's on-demand price."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`attributes` are the product's, by their names in JSON (`usagetype`, `databaseEngine`); `end` may be infinite."""

    sku: str
    offer: str
    usage_type: str
    region: str
    unit: str
    usd: float
    begin: float
    end: float
    publication_date: str
    attributes: Mapping[str, str] = field(default_factory=dict)
