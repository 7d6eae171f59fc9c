"""Inventory → homeport.yml, homeport.usage.yml, report and values of config: pure, whatever the order of records.

1. members    which apps are one service, in which environments
2. services, data, domains, config   what each service runs, uses, answers and is told
3. render, usage    the decisions (`Draft`) as the text of the two files
4. tell       each record once more: what became of it, in words
"""

from dataclasses import dataclass

from homeport.heroku.convert.config import ConfigValues, split_values
from homeport.heroku.convert.decide import decide
from homeport.heroku.convert.given import NONE_GIVEN, Given
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.render import render_platform
from homeport.heroku.convert.tell import tell_all
from homeport.heroku.convert.usage import decide_usage
from homeport.heroku.records import Inventory
from homeport.heroku.report import Report
from homeport.model.usage import Usage


@dataclass(frozen=True)
class Converted:
    """`folders` are the services', which must exist for `homeport check`; `values` are secret."""

    name: str
    platform_text: str
    usage: Usage
    report: Report
    values: ConfigValues
    folders: tuple[str, ...]
    given: Given


def convert(
    inventory: Inventory, *, name: str | None = None, region: str | None = None, given: Given = NONE_GIVEN
) -> Converted:
    """Decide what becomes of everything that was read; `name` and `region` overrule what the inventory says.

    `given` are the names of an earlier import, which stay.

    Raises HomeportError for a name or region that homeport.yml does not allow.
    """
    records = Records(inventory)
    draft = decide(records, name=name, region=region, given=given)
    return Converted(
        name=draft.name,
        platform_text=render_platform(draft),
        usage=decide_usage(records, draft),
        report=tell_all(inventory, records, draft),
        values=split_values(records, draft),
        folders=tuple(sorted({service.path for service in draft.services})),
        given=draft.given,
    )
