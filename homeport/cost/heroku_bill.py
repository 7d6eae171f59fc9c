"""The Heroku bill: charges of homeport.usage.yml, priced where Heroku did not say, and held against its invoices."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from homeport.cost.prices.book import HEROKU, Price, PriceBook
from homeport.model.usage import Charge, HerokuInvoice, Usage

DYNOS = re.compile(r"^(?P<type>[^:]+):\s*(?P<count>\d+(?:\.\d+)?)\s*[x×]\s*(?P<size>[\w.-]+)$", re.IGNORECASE)
ECO = "eco"
# add-on → the kind of AWS line that takes its place; what is in none is `other`
KINDS: dict[str, str] = {
    **dict.fromkeys(("heroku-postgresql", "jawsdb", "cleardb", "mongolab", "ormongo"), "databases"),
    **dict.fromkeys(("heroku-redis", "rediscloud", "memcachier", "memcachedcloud"), "caches"),
    **dict.fromkeys(("private space", "shield space", "space", "fixie", "quotaguardstatic", "proximo"), "network"),
    **dict.fromkeys(
        ("papertrail", "logentries", "logdna", "coralogix", "solarwinds", "librato", "newrelic", "scout", "appsignal"),
        "watching",
    ),
    **dict.fromkeys(("sentry", "rollbar", "bugsnag", "raygun", "airbrake", "deadmanssnitch"), "watching"),
    **dict.fromkeys(("bucketeer", "cloudcube", "cloudinary"), "storage"),
    **dict.fromkeys(("scheduler", "advanced-scheduler", "crontogo", "cloudamqp", "heroku-kafka"), "messages"),
    **dict.fromkeys(("sendgrid", "mailgun", "postmark", "sparkpost", "cloudmailin"), "messages"),
    "auth0": "users",
}
INVOICES = 3  # the last months that lines are compared with


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """A charge with its price; `cents` is None where neither Heroku nor the book knows it."""

    charge: Charge
    cents: int | None
    source: str


@dataclass(frozen=True)
class Reconciled:
    """An invoice beside the sum of the lines; `unexplained_cents` is negative where the lines say more."""

    month: str
    invoice_cents: int
    unexplained_cents: int


@dataclass(frozen=True, kw_only=True)
class HerokuBill:
    """Today's month."""

    lines: tuple[BillLine, ...]
    invoices: tuple[HerokuInvoice, ...] = ()

    @property
    def cents(self) -> int:
        """Of every line that has a price."""
        return sum(line.cents or 0 for line in self.lines)

    @property
    def kept_cents(self) -> int:
        """What goes on being paid after the move, to vendors of add-ons that stay."""
        return sum(line.cents or 0 for line in self.lines if not line.charge.moves)

    @property
    def unknown(self) -> tuple[BillLine, ...]:
        return tuple(line for line in self.lines if line.cents is None)

    def by(self, key: Callable[[Charge], str]) -> dict[str, int]:
        """Cents by what `key` says of a charge, the largest first."""
        found: dict[str, int] = defaultdict(int)
        for line in self.lines:
            found[key(line.charge)] += line.cents or 0
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def read_bill(usage: Usage, book: PriceBook, environments: Iterable[str] = ()) -> HerokuBill:
    """Every line with its price; of some environments only, without invoices, which are of the whole team.

    Eco dynos are billed once an account, whatever their number.
    """
    chosen = set(environments)
    charges = [c for c in usage.heroku.charges if not chosen or c.environment in chosen]
    return HerokuBill(
        lines=tuple(_priced(charges, book)), invoices=() if chosen else tuple(_last(usage.heroku.invoices))
    )


def kind_of(charge: Charge) -> str:
    """Of AWS lines, as far as something there takes its place: `2 x Standard-1X` is compute; else `other`."""
    if DYNOS.match(charge.item):
        return "compute"
    return KINDS.get(charge.item.partition(":")[0].strip().lower(), "other")


def reconcile(bill: HerokuBill) -> tuple[Reconciled, ...]:
    """The last invoices, and what of each the lines do not explain."""
    return tuple(
        Reconciled(invoice.month, invoice.total_cents, invoice.total_cents - bill.cents) for invoice in bill.invoices
    )


def _last(invoices: Iterable[HerokuInvoice]) -> list[HerokuInvoice]:
    return sorted(invoices, key=lambda invoice: invoice.month)[-INVOICES:]


def _priced(charges: Iterable[Charge], book: PriceBook) -> Iterator[BillLine]:
    pool_is_billed = False
    for charge in charges:
        dynos = DYNOS.match(charge.item)
        if dynos and dynos["size"].lower() == ECO:
            cents = 0 if pool_is_billed else _cents(book.find("dyno:eco", HEROKU), 1)
            source = "in the account's pool of Eco dynos" if pool_is_billed else _source(book.find("dyno:eco", HEROKU))
            pool_is_billed = True
            yield BillLine(charge=charge, cents=cents, source=source)
        elif charge.cents is not None:
            yield BillLine(charge=charge, cents=charge.cents, source=charge.source or "homeport.usage.yml")
        else:
            count = float(dynos["count"]) if dynos else 1.0
            price = book.find(f"dyno:{dynos['size'].lower()}" if dynos else charge.item.lower(), HEROKU)
            yield BillLine(charge=charge, cents=_cents(price, count), source=_source(price))


def _cents(price: Price | None, count: float) -> int | None:
    return None if price is None else round(price.cents(count))


def _source(price: Price | None) -> str:
    return f"list price of {price.date}: {price.source}" if price else "unknown"
