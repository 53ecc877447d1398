"""The attacks that worked while the keeper did as the milter asked, in today's calls."""

import pytest
from intruded_house import JEAN, House

from rmp_milter.calls.protocol import ByCustody, Release
from testbed.intruder import leaf

pytestmark = pytest.mark.integration


@pytest.mark.promise(number=2)
def test_custody_opens_nothing_for_a_mail_that_asks_nothing(house: House) -> None:
    ticket = house.intruder.ticket(house.paul.pgp_mime("Demande : aide\n" + JEAN))
    jean = house.jean
    release = Release(
        by=house.intruder.by(ticket, jean),
        way_in=ByCustody(jean.slots.custody),
        items=house.intruder.items(jean),
        readers=(house.intruder.certificate,),
        event=leaf("depot", jean),
    )
    with house.unchanged():
        house.in_vain(release)
