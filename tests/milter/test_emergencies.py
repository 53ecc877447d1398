"""What an emergency hears for every way in which it can fail, and that nothing else changes.

=========================== ================================== ===========================
what is wrong               what is heard                      where it is decided
=========================== ================================== ===========================
not encrypted, S/MIME,      5xx, as for any mail: nobody       ``milter/intake.py``
damaged, files in clear     can tell that it is an emergency
no signature, no account    5xx ``emergency-unsigned``         here
no signature, an account    letter ``emergency-unsigned``      ``handlers/urgence.py``
signed by an unknown key    5xx ``emergency-unknown-key``      here
his card does not count     5xx ``emergency-unsure``           ``milter/sender.py``
changed after signing       5xx ``emergency-bad-signature``    here
signed by an expired key    5xx ``emergency-expired-key``      here
answer cannot be sealed     5xx ``emergency-expired-key``      here
signed by an expired key,   answered, to the copy that it      ``milter/renewal.py``
a newer copy enclosed       brings
signed long ago             answered                           ``mail/meaning/understanding.py``
signed in the future        answered                           ``milter/clocks.py``
our clock is behind         answered                           ``milter/clocks.py``
throttled, code rests       answered                           ``milter/turns.py``
signed by a patient's key   letter                             ``handlers/urgence.py``
                            ``emergency-professionals-only``
no reason, dots, a slot     letter: the form to send back      ``handlers/urgence.py``
nobody to look for          letter: what to write              ``handlers/urgence.py``
nobody alike                letter: what to write              ``handlers/urgence.py``
unknown reference           letter: what is close, or what     ``handlers/urgence.py``
                            to write
the same mail once more     250; the first one's answer        ``milter/pipeline.py``
the same text, sent anew    5xx ``replayed``: write it anew    ``milter/pipeline.py``
keeper or store is away     451: it comes again                ``milter/pipeline.py``
no memory, no descriptors   451: it comes again                ``milter/callbacks.py``
=========================== ================================== ===========================
"""

import pytest

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError, try_again
from rmp_milter.mail.catalogue.texts import refusal
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.milter.emergencies import refused

EMERGENCY = RoutingHeader(verb=Verb.URGENCE)


@pytest.mark.parametrize(
    ("text", "trust", "said"),
    [
        ("unknown-sender", Trust.NONE, "emergency-unsigned"),
        ("unknown-sender", Trust.UNKNOWN, "emergency-unknown-key"),
        ("unknown-sender", Trust.GOOD, "emergency-unknown-key"),
        ("bad-signature", Trust.BAD, "emergency-bad-signature"),
        ("expired-key", Trust.EXPIRED, "emergency-expired-key"),
        ("expired-key", Trust.GOOD, "emergency-expired-key"),
        ("replayed", Trust.GOOD, "replayed"),
    ],
)
def test_the_true_reason_in_an_emergencys_words(text: str, trust: Trust, said: str) -> None:
    error = MailError(text, enhanced="5.7.7", detail="for the log")
    heard = refused(error, EMERGENCY, trust)
    assert (heard.text, heard.code, heard.enhanced) == (said, 550, "5.7.7")
    assert heard.detail == "for the log"


@pytest.mark.parametrize(
    "key",
    [
        *("emergency-unsigned", "emergency-unknown-key", "emergency-bad-signature"),
        *("emergency-expired-key", "emergency-unsure"),
    ],
)
def test_each_says_that_nothing_was_opened_and_the_quickest_way(key: str) -> None:
    french, english = refusal(key, "fr", {}), refusal(key, "en", {})
    assert "rien ouvert" in french
    assert "Le plus rapide" in french
    assert "opened nothing" in english.replace("it opened nothing", "opened nothing")
    assert "The quickest way" in english


def test_what_comes_again_comes_again() -> None:
    heard = refused(try_again("unavailable"), EMERGENCY, Trust.GOOD)
    assert (heard.temporary, heard.text) == (True, "unavailable")


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.URGENCE])
def test_any_other_request_hears_what_it_heard(verb: Verb) -> None:
    error = MailError("unknown-sender")
    assert refused(error, RoutingHeader(verb=verb), Trust.NONE) is error
