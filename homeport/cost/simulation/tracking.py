"""Target tracking as AWS does it, minute by minute: how full the tasks were → alarms → how many tasks are wanted.

What is documented, and where:
- Two alarms for each policy. For ECS they are `> target` for 3 datapoints of one minute, and `< 90 % of the target` for
  15; the policy makes them, they cannot be changed. The overview says of scaling in only «typically more than 10 %
  lower»: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
  The numbers are those that the alarms of ECS services show in CloudWatch; no page of AWS promises them.
- An alarm with a scaling action goes on invoking it each minute while it lasts:
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
- Tasks wanted = current × metric / target, rounded up, within minimum and maximum; in both directions, so that nothing
  is taken away where the metric would then exceed the target (same overview, «Considerations»).
- Cool-downs, 300 s each where nothing is said: after a scale-out only a larger one counts until the cool-down ends, and
  what it added is part of that; after a scale-in no other one, but a scale-out ends it:
  https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html

What is our reading: a scale-out's cool-down begins when its tasks run (its activity is then «successful»); the metric
of the last minute decides; tasks that start take no load and are not in the metric; nothing is taken away during the
cool-down of a scale-out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeport.cost.simulation.service_time import Floats

DATAPOINTS_OUT, DATAPOINTS_IN, SCALE_IN_AT = 3, 15, 0.9
ROUNDING = 1e-9  # 2 × 60 / 60 is 2, whatever floating point says
DESIRED, BASE, BACKLOG, HISTORY = range(4)  # rows of a state's tasks; history to the end
ABOVE, BELOW, COOL_OUT, COOL_IN = range(4)  # rows of its clocks
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Timing:
    """What is the same for all settings that are compared. Whole minutes are simulated: starts are rounded up."""

    start_seconds: int = 120  # image pull, start, health checks
    drain_seconds: int = 30  # a task that goes is still billed
    scale_out_cooldown_seconds: int = 60
    scale_in_cooldown_seconds: int = 300
    time_limit_seconds: float = 30.0  # API Gateway's, and Heroku's router's

    @property
    def start_minutes(self) -> int:
        return -(-self.start_seconds // 60)


@dataclass(frozen=True, eq=False)
class Lanes:
    """Settings, one number for each lane. The metric, in units of its target, is x × `gain` / running tasks."""

    unit: Floats  # requests a minute that one task can serve
    gain: Floats
    counts_arrivals: npt.NDArray[np.bool_]  # x is requests that arrived, else those that were served
    min: Floats
    max: Floats

    def of(self, index: npt.NDArray[np.int64]) -> "Lanes":
        """The lanes at `index`."""
        return Lanes(*(getattr(self, name)[index] for name in ("unit", "gain", "counts_arrivals", "min", "max")))


@dataclass(frozen=True, eq=False)
class State:
    """Where lanes stand, (rows, lanes). Datapoints and cool-downs are small numbers, so that they are quickly read."""

    tasks: Floats
    clocks: npt.NDArray[np.int16]

    def of(self, index: Index) -> "State":
        """A copy of the lanes at `index`."""
        return State(self.tasks[:, index], self.clocks[:, index])

    def put(self, index: Index, other: "State") -> None:
        """Let the lanes at `index` stand as `other` does."""
        self.tasks[:, index], self.clocks[:, index] = other.tasks, other.clocks

    def differs(self, other: "State") -> npt.NDArray[np.bool_]:
        """Which lanes stand elsewhere than those of `other`."""
        differ: npt.NDArray[np.bool_] = (self.tasks != other.tasks).any(axis=0)
        differ |= (self.clocks != other.clocks).any(axis=0)
        return differ


@dataclass(frozen=True, eq=False)
class Trace:
    """What happened, (minutes, lanes): tasks wanted and running during each minute, and the backlog at its end."""

    desired: npt.NDArray[np.int16]
    running: npt.NDArray[np.int16]
    backlog: npt.NDArray[np.float32]

    def part(self, minutes: slice) -> "Trace":
        """A view of some minutes."""
        return Trace(self.desired[minutes], self.running[minutes], self.backlog[minutes])

    def put(self, lanes: npt.NDArray[np.int64], other: "Trace") -> None:
        """Write what happened in these lanes anew."""
        self.desired[:, lanes], self.running[:, lanes] = other.desired, other.running
        self.backlog[:, lanes] = other.backlog


def new_trace(minutes: int, lanes: int) -> Trace:
    """To be written by `track`."""
    shape = (minutes, lanes)
    return Trace(np.empty(shape, np.int16), np.empty(shape, np.int16), np.empty(shape, np.float32))


def initial_state(lanes: Lanes, timing: Timing) -> State:
    """The minimum runs, nothing waits, no alarm has a datapoint."""
    tasks = np.zeros((HISTORY + timing.start_minutes, len(lanes.min)))
    tasks[[DESIRED, BASE]] = lanes.min
    tasks[HISTORY:] = lanes.min
    return State(tasks, np.zeros((4, len(lanes.min)), np.int16))


def track(load: Floats, series: Index, lanes: Lanes, timing: Timing, state: State, trace: Trace) -> None:
    """Go through the minutes, writing `trace`; `state` is left as it is at the end.

    `load` is (minutes, series) in requests; `series[i]` is the column that lane i gets.
    """
    patience = timing.time_limit_seconds / 60
    counts_arrivals = bool(lanes.counts_arrivals.any())
    desired, history = state.tasks[DESIRED], state.tasks[HISTORY:]
    arrived, running, served, ratio = np.empty((4, len(series)))  # written anew each minute, where they are
    for minute, requests in enumerate(load.astype(np.float64, copy=False)):
        np.take(requests, series, out=arrived, mode="clip")
        trace.desired[minute] = desired
        np.copyto(running, desired)
        for earlier in history:
            np.minimum(running, earlier, out=running)
        trace.running[minute] = running
        np.multiply(running, lanes.unit, out=ratio)  # room for so many requests
        _serve(state.tasks[BACKLOG], arrived, ratio, patience, served)
        counted = np.where(lanes.counts_arrivals, arrived, served) if counts_arrivals else served
        np.multiply(counted, lanes.gain, out=ratio)
        ratio /= running
        history[1:] = history[:-1]
        history[:1] = desired
        _scale(state, ratio, lanes, timing)
        trace.backlog[minute] = state.tasks[BACKLOG]


def _serve(backlog: Floats, arrived: Floats, room: Floats, patience: float, served: Floats) -> None:
    """What the running tasks served; who would wait longer than the time limit is gone, the others are the backlog."""
    np.add(backlog, arrived, out=backlog)
    np.minimum(backlog, room, out=served)
    backlog -= served
    room *= patience
    np.minimum(backlog, room, out=backlog)


def _scale(state: State, ratio: Floats, lanes: Lanes, timing: Timing) -> None:
    """Take one datapoint in, and change what is wanted if an alarm and the cool-downs say so. `ratio` is used up."""
    desired, base = state.tasks[DESIRED], state.tasks[BASE]
    above, below, cool_out, cool_in = state.clocks
    for count, most, is_quiet in (
        (above, DATAPOINTS_OUT, ratio <= 1.0 + ROUNDING),
        (below, DATAPOINTS_IN, ratio >= SCALE_IN_AT - ROUNDING),
    ):
        count += 1
        np.minimum(count, most, out=count)
        np.copyto(count, 0, where=is_quiet)
    wanted = ratio
    wanted *= base
    wanted -= ROUNDING
    np.ceil(wanted, out=wanted)
    np.maximum(wanted, lanes.min, out=wanted)
    np.minimum(wanted, lanes.max, out=wanted)
    goes_out = (above == DATAPOINTS_OUT) & (wanted > desired)
    goes_in = (below == DATAPOINTS_IN) & (wanted < desired) & (cool_in == 0) & (cool_out == 0)
    for left in (cool_out, cool_in):
        left -= 1
        np.maximum(left, 0, out=left)
    changed = goes_out | goes_in
    if changed.any():
        desired[changed] = wanted[changed]
        cool_out[goes_out] = timing.start_minutes + -(-timing.scale_out_cooldown_seconds // 60)
        cool_in[goes_out] = 0
        cool_in[goes_in] = -(-timing.scale_in_cooldown_seconds // 60)
    np.copyto(base, desired, where=cool_out == 0)
