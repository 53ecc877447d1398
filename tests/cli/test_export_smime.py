from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.cli.handover import _file, _front
from rmp_milter.cms import CmsKind, read_envelope
from rmp_milter.cms.tlv import reading
from rmp_milter.dossier.model import Container, Document
from rmp_milter.keeper.cms.making import enveloped, recipient_info
from testbed.x509_maker import Maker, authorities

NOW = 1_900_000_000
KEY = bytes(range(32))
FOR_THE_KEEPER = TRANSLATED + bytes(120)


def document(container: Container, body: bytes) -> Document:
    return Document(bytes(16), container, bytes(32), len(body), b"")


def test_a_document_of_smime_is_written_out_for_those_who_open_it() -> None:
    maker = Maker(NOW, "RSA")
    reader = maker.user("b@x.fr", authorities(maker).public)
    body = enveloped([b"Content-Type: text/plain\r\n\r\nx\r\n"], KEY, bytes)
    stored = document(Container.ENVELOPED, body)
    made = _front(stored, [FOR_THE_KEEPER, recipient_info(reader.der, KEY)]) + body
    envelope = read_envelope(reading(made), 0, len(made))
    assert (envelope.kind, len(envelope.recipients)) == (CmsKind.ENVELOPED, 1)
    assert _file(3, 1, stored) == "entry-0003-01.p7m"


def test_what_the_keeper_translates_by_is_not_written_out() -> None:
    for container in (Container.ENVELOPED, Container.ENTITY):
        assert _front(document(container, b"body"), [FOR_THE_KEEPER]) == b""
    assert _front(document(Container.FILE, b""), [FOR_THE_KEEPER, b"\xc1x"]) == b"\xc1x"
