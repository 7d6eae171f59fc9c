"""What reports say in the same words, whatever their form."""

from homeport.cost.compare import Comparison, Leaving, Option
from homeport.cost.layout import describe
from homeport.cost.report.chart import dollars

BREAKS_EVEN = "Breaks even: between two Heroku bills of this mix, the services that save most left out first."


def break_even_words(option: Option, comparison: Comparison) -> str:
    """`$496 to $1,030`: at the first AWS costs more, at the second no more."""
    even = option.break_even
    if even is None:
        return "unknown" if comparison.bill.cents else ""
    if even.cheaper_cents is None:
        return f"above {dollars(even.dearer_cents / 100)}"
    return f"{dollars(even.dearer_cents / 100)} to {dollars(even.cheaper_cents / 100)}"


def answer_words(comparison: Comparison) -> str:
    """The sentence that advice begins with."""
    verdict = comparison.verdict
    if not verdict.moves:
        return verdict.answer
    among = f"recommended among {verdict.built} layouts" if verdict.built > 1 else "the only layout"
    laid_out = f"{verdict.layout.name} ({describe(verdict.layout)})"
    return f"Move, laid out as {laid_out}: {among} of this availability that Homeport builds today."


def leaving_words(leaving: Leaving, comparison: Comparison) -> str:
    """What it costs to leave on Heroku what had better stay."""
    less = comparison.recommended.cents - leaving.cents
    compared = f"{dollars(abs(less) / 100)} {'less' if less >= 0 else 'more'} than to move everything"
    return (
        f"with {', '.join(leaving.names)} left on Heroku: {dollars(leaving.cents / 100)} in all, of that "
        f"{dollars(leaving.heroku_cents / 100)} to Heroku; {compared}"
    )


def source_words(comparison: Comparison) -> str:
    """Which prices the figures are made of, where some are unknown; empty where none is."""
    count = len({unknown.reason for unknown in comparison.chosen.estimate.unknown})
    if not count:
        return ""
    prices = "1 price" if count == 1 else f"{count} prices"
    if comparison.filled:
        return f"with the prices of {comparison.filled_from} for {prices} unknown here"
    return f"{prices} unknown and in no sum"
