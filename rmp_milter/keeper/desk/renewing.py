"""*Renew*: what somebody reads by, written anew for his renewed certificate.

A renewed X.509 certificate usually has another key, and who has renewed his card or his computer
may have nothing else any more: so his standing packets are written for it at once, by the custody
slot, as those of a new key are. An OpenPGP key that is prolonged is the same key, and opens what
it opened; but of what came while it was over nothing was written for it. They are for the sender
himself, of dossiers that he reads by his signature.
"""

from rmp_milter.calls.protocol.releasing import Released, Renew
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.cards import DossierCard, slot_digest
from rmp_milter.dossier.rules import Act, Proof, Relation, Way
from rmp_milter.keeper.authority.ground import Registrant
from rmp_milter.keeper.authority.judging import relation_to
from rmp_milter.keeper.authority.next_cards import check_enclosed
from rmp_milter.keeper.authority.prolonged import is_prolonged
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.entitled import Entitled, entitled, leaf_of, write_entitled
from rmp_milter.keeper.desk.readers import DocumentOwner, packet_for, readers_of
from rmp_milter.keeper.desk.ways import custody_opened
from rmp_milter.keeper.keys.sealing import SealError, open_session_key
from rmp_milter.x509 import Use


def renew(desk: Desk, request: Renew, now: int) -> Released:
    """Return the packets of a dossier's documents for the sender's renewed certificate.

    The leaf is written first. Raises :class:`Unentitled` unless his signed mail brings a
    certificate that renews the one that he is written to by, for a dossier that is not his to
    read by signature and for another slot; ``Moved``, :class:`CallFailed` ``BAD_KEY``.
    """
    found = entitled(desk, request.by, now)
    own = _renewed(desk, found, now)
    dossier = _own_dossier(desk, found)
    if slot_digest(request.slot) != dossier.custody:
        raise Unentitled("a slot that is in force no more")
    (reader,) = readers_of((own.newer,), request.by.persons, now)
    private = custody_opened(desk, dossier.dossier, request.slot, in_force=True)
    try:
        keys = [open_session_key(private, dossier.dossier, item) for item in request.items]
    except SealError:
        raise Unentitled("a sealed key that is not this dossier's document's") from None
    leaf = leaf_of(
        found,
        request.event,
        dossier=dossier.dossier,
        documents=[item.document_id for item in request.items],
        way=Way.CUSTODY,
        action=Act.NOUVELLE_CLE.value,
    )
    packets = tuple(
        (packet_for(desk, key, DocumentOwner(dossier.dossier), item, reader),)
        for key, item in zip(keys, request.items, strict=True)
    )
    return Released(packets, write_entitled(desk, found, leaf, now))


def _renewed(desk: Desk, found: Entitled, now: int) -> Registrant:
    """Return the sender, if the mail brings the certificate that he is written to by renewed."""
    ground = found.ground
    own = next(each for each in ground.persons if each.card.person == ground.sender.person)
    if found.ticket.proof is not Proof.SIGNATURE:
        raise Unentitled("a certificate in a mail that nobody signed")
    if not own.newer or own.replaced != own.certificate:
        raise Unentitled("no renewed certificate to write to")
    if kind_of(own.newer) is CertificateKind.SMIME:
        check_enclosed(ground, own.newer)  # OpenPGP's is put together of both, by its own key
    if not is_prolonged(own.certificate, own.newer, now, desk.world(), Use.GOVERNING):
        raise Unentitled("a certificate of which nobody can say whether it is revoked")
    return own


def _own_dossier(desk: Desk, found: Entitled) -> DossierCard:
    dossier = found.ground.dossier
    if dossier is None or dossier.closed_at:
        raise Unentitled("no open dossier")
    relation = relation_to(desk.rules, found.ground, dossier)
    if relation not in {Relation.TREATING, Relation.PATIENT}:
        raise Unentitled("not a dossier of his")
    return dossier
