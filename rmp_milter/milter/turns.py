"""One mail after the other where codes are tried, so that a crowd of tries is counted.

How many wrong codes a sender and a patient still have is read before the code is tried and
written after it. Twenty mails at once would each read the same number: all would be tried,
and none would be the one that tells the médecin traitant. So they take turns, over all
milters that have the store open (:meth:`rmp_milter.store.surface.Store.in_turn`).
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import try_again
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.store.format.failures import NotInTimeError
from rmp_milter.store.surface import Store

_COUNTED = frozenset({Verb.CREATION, Verb.LISTE})


@contextmanager
def turn_of(store: Store, subjects: Collection[bytes]) -> Iterator[None]:
    """Hold the turns of all subjects for the block; of none nothing is waited for.

    Raises the 451 of a mail that others kept waiting for too long: then it has done nothing.
    """
    with ExitStack() as held:
        if subjects:
            try:
                held.enter_context(store.in_turn(*subjects))
            except NotInTimeError as error:
                raise try_again("unavailable", f"its turn did not come: {error}") from error
        yield


def subjects_of(doctor: Doctor, header: RoutingHeader, opened: Opened) -> tuple[bytes, ...]:
    """Return whose tries a mail may count against; nobody's for what is not counted.

    The patient as he is asked for, not his dossier: it must not show whether there is one.
    Whoever writes his name and date so that they fit one dossier writes these.
    """
    if header.verb is Verb.URGENCE:
        return ()  # never delayed, whatever else its mail carries
    sender = b"sender " + doctor.doctor_id
    if opened.has_code or opened.attested:
        patient = f"{fold(header.birth_name)}|{header.birth_date}"
        return (sender, b"patient " + patient.encode())
    return (sender,) if header.verb in _COUNTED else ()
