"""A config var that a file declares → a ConfigVar, its value kept apart unless it is plainly no secret."""

import re

from homeport.heroku.files.findings import Findings
from homeport.heroku.records import ConfigVar

SECRET_NAME = re.compile(
    r"SECRET|PASS|PWD|TOKEN|KEY|CREDENTIAL|DSN|PRIVATE|SALT|AUTH|SIGN|CERT|HOOK|LICEN[CS]E", re.IGNORECASE
)
SWITCH = re.compile(r"(true|false|on|off|yes|no|0|1|none|)", re.IGNORECASE)
NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
WORD = r"(?:(?:[A-Z]?[a-z]{1,15}|[A-Z]{1,15})\d{0,3}|\d{1,4})"
PHRASE = re.compile(rf"[*.]?{WORD}(?:[ ._,/:*-]{{1,2}}{WORD}){{0,7}}/?")
URL = re.compile(
    rf"[a-z]{{2,8}}://{WORD}(?:[.-]{WORD}){{0,7}}(?::\d{{1,5}})?(?:/{WORD}(?:[._-]{WORD}){{0,3}}){{0,5}}/?"
)
PLAIN_MAX = 80
NAME = re.compile(r"[^\s=\0]{1,256}")


def is_plain(name: str, value: str) -> bool:
    """Is it plainly no secret: a switch, a number, short words, a URL without credentials? In doubt it is one."""
    if SWITCH.fullmatch(value):
        return True
    if SECRET_NAME.search(name) or len(value) > PLAIN_MAX:
        return False
    return any(pattern.fullmatch(value) for pattern in (NUMBER, PHRASE, URL))


def keep_variable(
    found: Findings,
    line: int,
    name: str,
    value: str | None,
    *,
    app: str | None = None,
    stage: str = "",
    is_required: bool = True,
) -> None:
    """Add the config var; its value becomes its default or goes to the values, by whether it may be a secret.

    The values know apps, not stages: of a pipeline's stage only plain values are kept.
    """
    if not NAME.fullmatch(name):
        found.doubt(line, "a config var's name is not one that Heroku takes; it is left out")
        return
    app = found.app if app is None else app
    plain = value is not None and is_plain(name, value)
    found.records.append(
        ConfigVar(
            origin=found.at(line, f"{stage}.{name}" if stage else name),
            app=app,
            name=name,
            stage=stage,
            default=value if plain else None,
            is_required=is_required,
        )
    )
    if value is None or plain:
        return
    if stage:
        found.doubt(line, f"the value of {name} in {stage} may be a secret; it is not kept")
    else:
        found.values[app, name] = value
