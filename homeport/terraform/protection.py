"""What holds data in an environment, and how its protection is taken off before it may be destroyed.

AWS itself refuses to delete a protected database, user pool or full bucket. A destroy that names them all first applies
an override of the stack `foundation` that takes the protection off and gives each final snapshot a name of its own.
"""

import json
from datetime import UTC, datetime

from homeport.errors import HomeportError
from homeport.model import names
from homeport.terraform.calls import label
from homeport.terraform.roots import WRITTEN_BY, Place

OVERRIDE = "unprotected_override.tf.json"


def data_holders(place: Place) -> dict[str, str]:
    """Name in homeport.yml → module call, of everything that holds data."""
    kinds = (("database", place.platform.databases), ("bucket", place.platform.buckets))
    holders = {name: label(kind, name) for kind, declared in kinds for name in declared}
    return holders | ({"users": "users"} if place.platform.users else {})


def check_confirmed(place: Place, destroyed: set[str], confirmed: set[str]) -> None:
    """Raises HomeportError unless every data holder among the module calls `destroyed` is named."""
    if not place.protected:
        return
    names_of = {module: name for name, module in data_holders(place).items()}
    of_sites = {label("bucket", site) for site in place.platform.sites}  # uploaded again by any deploy
    named = {names_of.get(module, module) for module in destroyed - of_sites}
    if missing := sorted(named - confirmed):
        raise HomeportError(
            f"{place.name}: {', '.join(missing)} would be destroyed with all data in it",
            "if that is what you want, name each: " + " ".join(f"--confirm {name}" for name in missing),
        )


def check_known(place: Place, confirmed: set[str]) -> None:
    """Raises HomeportError if a name that was confirmed is nothing that holds data."""
    if unknown := sorted(confirmed - set(data_holders(place))):
        known = ", ".join(sorted(data_holders(place))) or "nothing"
        raise HomeportError(f"--confirm {unknown[0]}: holds no data in {place.name}", f"what holds data: {known}")


def render_unprotected(place: Place, now: datetime | None = None) -> dict[str, str]:
    """The override, as files of the live tree."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d%H%M%S")
    modules: dict[str, object] = {"cluster": {"protected": False}}
    for name in place.platform.databases:
        snapshot = names.shorten(names.database(*place.prefix, name), 230) + f"-final-{stamp}"
        modules[label("database", name)] = {"deletion": {"protected": False, "final_snapshot": snapshot}}
    for name, module in data_holders(place).items():
        if name not in place.platform.databases:
            modules[module] = {"protected": False}
    document = {"//": f"Takes protection off, for one destroy. {WRITTEN_BY}", "module": modules}
    return {f"{place.name}/foundation/{OVERRIDE}": json.dumps(document, indent=2) + "\n"}
