"""Whether the witnesses did what a policy asks: from what is kept, without a network. Pure.

A witness that refused is an alarm at once; one that is silent is one after a day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rmp_milter.audit.cosigned import CosignedCheckpoint
from rmp_milter.audit.cosigned_checks import Witnessed
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.policies import WitnessPolicy
from rmp_milter.tlog.witnessing import WitnessReply
from rmp_milter.witness.pushing import AskedWitness
from rmp_milter.witness.submitting import SILENT, said_by

SILENT_SECONDS = 86_400
AHEAD_SECONDS = 3_600
"""A cosignature that is dated further in the future says nothing about today."""


@dataclass(frozen=True)
class WitnessFinding:
    """What is wrong: of which witness (none for the policy as a whole), and in words.

    ``kind`` is ``refused``, ``silent``, ``wrong`` or ``unmet``.
    """

    kind: str
    line: Phrase
    label: str = ""


def judged_by(policy: WitnessPolicy, kept: Iterable[CosignedCheckpoint]) -> list[Witnessed]:
    """Judge each checkpoint once: that is where the time goes."""
    return [Witnessed(each, policy.judge(each.note)) for each in kept]


def last_times(judged: Sequence[Witnessed], now: int) -> dict[str, int]:
    """Return when each witness cosigned last, as far as it is kept."""
    times = dict[str, int]()
    for each in judged:
        for label, at in each.judgement.cosigned.items():
            if at <= now + AHEAD_SECONDS:
                times[label] = max(at, times.get(label, 0))
    return times


def findings(
    policy: WitnessPolicy,
    judged: Sequence[Witnessed],
    asked: Mapping[str, AskedWitness],
    now: int,
) -> Iterator[WitnessFinding]:
    """Yield what is wrong at ``now`` (epoch seconds); ``judged`` is by this policy."""
    times = last_times(judged, now)
    for each in policy.witnesses:
        last, state = times.get(each.label, 0), asked.get(each.label)
        if state and state.status not in {SILENT, WitnessReply.COSIGNED}:
            line = Phrase(
                "the witness {name} {said}",
                name=each.label,
                said=said_by(state.status, state.size, state.known),
            )
            yield WitnessFinding("refused", line, each.label)
        elif state and now - max(last, state.since) > SILENT_SECONDS:
            line = Phrase(
                "the witness {name} has cosigned nothing for {hours} hours",
                name=each.label,
                hours=(now - max(last, state.since)) // 3600,
            )
            yield WitnessFinding("silent", line, each.label)
    yield from _of_policy(policy, judged, now)


def _of_policy(
    policy: WitnessPolicy, judged: Sequence[Witnessed], now: int
) -> Iterator[WitnessFinding]:
    met = policy.is_met_by(())
    for each in judged:
        recent = {
            label
            for label, at in each.judgement.cosigned.items()
            if now - SILENT_SECONDS <= at <= now + AHEAD_SECONDS
        }
        # All of them on one checkpoint: on two they might be of two histories.
        met = met or (each.judgement.fulfilled and policy.is_met_by(recent))
        for label in each.judgement.wrong:
            line = Phrase(
                "{size} entries: the signature of the witness {name} is wrong",
                size=each.size,
                name=label,
            )
            yield WitnessFinding("wrong", line, label)
    if not met:
        line = Phrase(
            "no checkpoint of the last day is cosigned as the policy asks (quorum {quorum})",
            quorum=policy.quorum,
        )
        yield WitnessFinding("unmet", line)


def newest_met(judged: Sequence[Witnessed]) -> Witnessed | None:
    """Return the largest checkpoint that the policy is content with."""
    return next((each for each in judged if each.judgement.fulfilled), None)
