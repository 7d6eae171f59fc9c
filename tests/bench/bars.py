"""A figure and the bar that it has to keep: printed where it is measured, remembered for the exit code of the run."""

missed: list[str] = []


def bar(
    name: str,
    value: float,
    unit: str = "",
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    known: str = "",
) -> bool:
    """Print a figure beside its bar; whether it keeps it.

    One that is missed ends the run with 1, unless the documents already tell of it: `known` says why it is missed.
    """
    kept = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    limits = [f"at most {at_most:g}"] if at_most is not None else []
    limits += [f"at least {at_least:g}"] if at_least is not None else []
    verdict = "kept" if kept else f"MISSED, as documented: {known}" if known else "MISSED"
    line = f"{name}: {value:,.2f} {unit}".rstrip() + f" (bar: {' and '.join(limits)}; {verdict})"
    print(line, flush=True)
    if not kept and not known:
        missed.append(line)
    return kept
