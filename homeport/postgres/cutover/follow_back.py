"""After the switch: the source follows the target, so that the way back stays short. It decides nothing."""

from collections.abc import Callable
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.cutover.session import Place, open_place
from homeport.postgres.cutover.steps import check_unchanged
from homeport.postgres.follow.captured import read_capture
from homeport.postgres.follow.definitions import accept_changed
from homeport.postgres.follow.delta import Deltas
from homeport.postgres.follow.run import Lag, Listener, keep_up
from homeport.postgres.server import Server
from homeport.postgres.silence import may_be_replica, silence
from homeport.postgres.state import read_phase

At = Callable[[str], None]
SERVING = ("switching", "switched")  # the target takes writes; so it does while the way back only follows


def follow_back(
    source: Server,
    target: Server,
    state_file: Path,
    listener: Listener,
    *,
    accept_differences: bool = False,
    stop: Callable[[Lag], bool] = lambda lag: False,
    at: At = lambda point: None,
) -> Lag:
    """Carry the target's changes to the fenced source until `stop` says so; killed, it is called again.

    HomeportError unless the application was switched to the target and is not on its way back.
    """
    with open_place(source, target, state_file) as place:
        if accept_differences:
            accept_changed(place.there, listener.say)
        _check_serving(place)
        as_replica = may_be_replica(place.here)
        for name in silence(place.here, as_replica=as_replica):
            listener.say(f"quiet on the source until the return: {name}")
        with Deltas(target, source, place.move.id, prepared=not as_replica, at=at) as deltas:
            return keep_up(deltas, listener, stop)


def _check_serving(place: Place) -> None:
    phase = read_phase(place.there)
    name, step = (phase.name, phase.detail.get("step")) if phase else ("", None)
    if name not in SERVING and (name, step) != ("returning", "following"):
        raise HomeportError(
            f"{place.target}: does not serve ({name or 'a copy alone'}), so there is nothing to follow back",
            "to follow from the source to the target: homeport db follow",
        )
    capture = read_capture(place.there)
    if capture is None or capture.ready is None:
        raise HomeportError(f"{place.target}: its changes are not captured", "begin with: homeport db cutover")
    check_unchanged(place.there, capture)
