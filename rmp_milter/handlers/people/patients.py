"""Which patient is meant, and which dossier is surely his."""

from rmp_milter.dossier.identity import Match, match, trait_keys
from rmp_milter.dossier.model import Patient
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.header.routing import RoutingHeader


def asked_patient(header: RoutingHeader) -> Patient:
    """Return the patient that the header names.

    Raises :class:`MailError` ``header-problems`` unless birth name, first names and date
    of birth are all there: without the three traits nobody is matched.
    """
    if not (header.birth_name and header.first_names and header.birth_date):
        raise MailError("header-problems")
    return Patient(
        birth_name=header.birth_name,
        first_names=header.first_names,
        birth_date=header.birth_date,
        nir=header.nir,
    )


def match_open(patient: Patient, view: View) -> Match:
    """Match the patient among the dossiers that are not closed: a closed one is as none."""
    known = view.dossiers_by_traits(trait_keys(patient))
    return match(patient, [dossier for dossier in known if dossier.closure is None])
