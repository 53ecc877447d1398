"""Jean's dossier after Anne took it over from Paul: a key of his own, a mask, an opposition."""

from typing import Any

from handlers_case import DEMO, LAB, NOON, OTHER, World, entry
from msgspec.structs import replace
from wishes_case import FILED
from wishes_case import world as his_world

from rmp_milter.dossier.model import Dossier, Mask, Onglet, Takeover

DAY = 86_400
DAYS = 15 * DAY
AGO = 3 * DAY
SINCE = entry(4, Onglet.BIOLOGIE, "Depuis", [OTHER])
"""What came after the takeover: it has no packet for the former one."""


def taken(**fields: Any) -> Dossier:  # noqa: ANN401 -- whatever a dossier has
    """Return the dossier three days after the takeover, in this state."""
    (before,) = his_world().held
    made = replace(
        before,
        treating=OTHER.doctor_id,
        revision=0,
        masks=(Mask(2, DEMO.doctor_id, NOON),),
        opposed=(LAB.doctor_id,),
        suspended=True,
        takeover=Takeover(DEMO.doctor_id, NOON - AGO, NOON - AGO + DAYS),
    )
    return replace(made, **fields)


def taken_world(**fields: Any) -> World:  # noqa: ANN401 -- whatever a dossier has
    """Return the world with that dossier, three entries from before and one from after."""
    return his_world(taken(**fields), (*FILED, SINCE))


def contested_once(**fields: Any) -> World:  # noqa: ANN401 -- whatever a dossier has
    """Return the world in which Paul has contested."""
    made = taken().takeover
    assert made is not None
    after = replace(made, contested=True)
    return taken_world(**{"treating": DEMO.doctor_id, "takeover": after, **fields})
