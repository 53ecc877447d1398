import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import Onglet
from rmp_milter.dossier.onglets import Rule, Table, classify, table_with


@pytest.mark.parametrize(
    ("document", "onglet"),
    [
        ("Résumé médical", Onglet.SYNTHESE),
        ("60591-5", Onglet.SYNTHESE),
        ("Ordonnance", Onglet.TRAITEMENTS),
        ("57833-6", Onglet.TRAITEMENTS),
        ("Compte-rendu de consultation", Onglet.COMPTES_RENDUS),
        ("CR", Onglet.COMPTES_RENDUS),
        ("11488-4", Onglet.COMPTES_RENDUS),
        ("Compte-rendu d'hospitalisation", Onglet.HOSPITALISATION),
        ("compte rendu OPÉRATOIRE", Onglet.HOSPITALISATION),
        ("34112-3", Onglet.HOSPITALISATION),
        ("11490-0 lettre de sortie", Onglet.HOSPITALISATION),
        ("Compte-rendu radiologie", Onglet.IMAGERIE),
        ("IRM", Onglet.IMAGERIE),
        ("18748-4", Onglet.IMAGERIE),
        ("Analyses", Onglet.BIOLOGIE),
        ("histologie", Onglet.BIOLOGIE),
        ("11502-2", Onglet.BIOLOGIE),
        ("ECG", Onglet.EXPLORATIONS),
        ("épreuve d'effort", Onglet.EXPLORATIONS),
        ("Vaccinations", Onglet.PREVENTION),
        ("11369-6", Onglet.PREVENTION),
        ("Courrier", Onglet.COURRIERS),
        ("Certificat", Onglet.ADMINISTRATIF),
        ("89601-9", Onglet.ADMINISTRATIF),
        ("divers", Onglet.DIVERS),
    ],
)
def test_the_type_decides_first(document: str, onglet: Onglet) -> None:
    chosen, reason = classify(document, "radiologue", ["ecg.pdf"])
    assert chosen is onglet
    assert document in reason


@pytest.mark.parametrize(
    ("profession", "onglet"),
    [
        ("Radiologue", Onglet.IMAGERIE),
        ("Laboratoire", Onglet.BIOLOGIE),
        ("biologiste médical", Onglet.BIOLOGIE),
        ("Centre hospitalier (hôpital)", Onglet.HOSPITALISATION),
        ("Cardiologue", Onglet.COMPTES_RENDUS),
        ("médecin spécialiste", Onglet.COMPTES_RENDUS),
    ],
)
def test_without_a_type_the_profession_decides(profession: str, onglet: Onglet) -> None:
    chosen, reason = classify("", profession, ["vaccin.pdf"])
    assert chosen is onglet
    assert profession in reason


@pytest.mark.parametrize(
    ("name", "onglet"),
    [
        ("Scanner_thorax.pdf.pgp", Onglet.IMAGERIE),
        ("résumé-dupont.odt", Onglet.SYNTHESE),
        ("EFR 2026.pdf", Onglet.EXPLORATIONS),
        ("Attachment1.pgp", Onglet.DIVERS),
    ],
)
def test_then_the_file_name(name: str, onglet: Onglet) -> None:
    chosen, reason = classify("inconnu", "médecin généraliste", ["a.pdf", name])
    assert chosen is onglet
    assert (name in reason) == (onglet is not Onglet.DIVERS)


def test_part_of_a_word_is_no_match() -> None:
    assert classify("cresson", "", [])[0] is Onglet.DIVERS
    assert classify("160591-5", "", [])[0] is Onglet.DIVERS


def test_a_host_may_have_its_own_table() -> None:
    table = Table(codes={}, documents=(Rule(Onglet.COURRIERS, ("ECG",)),), professions=())
    assert classify("ECG", "", [], table)[0] is Onglet.COURRIERS
    assert classify("11502-2", "radiologue", [], table)[0] is Onglet.DIVERS


@given(
    st.text(max_size=300), st.text(max_size=100), st.lists(st.text(max_size=300), max_size=3)
)
def test_anything_has_an_onglet_and_a_short_reason(
    document: str, profession: str, names: list[str]
) -> None:
    onglet, reason = classify(document, profession, names)
    assert onglet in set(Onglet)
    assert 0 < len(reason) <= 150


class TestOwnPhrases:
    def test_a_hosts_phrases_go_before_the_built_in_ones(self) -> None:
        table = table_with({"courriers": ["lettre de sortie", "11502-2"], "divers": []})
        assert classify("Lettre de sortie", "", [], table)[0] is Onglet.COURRIERS
        assert classify("11502-2", "", [], table)[0] is Onglet.COURRIERS
        assert classify("Lettre de liaison", "", [], table)[0] is Onglet.HOSPITALISATION

    def test_they_are_folded_and_stars_stand_for_letters(self) -> None:
        table = table_with(
            {"explorations": ["capillaroscop*", "*urodynamique", "écho d'effort"]}
        )
        for document in ("Capillaroscopie", "BILAN VIDÉO-URODYNAMIQUE", "Echo d’effort"):
            assert classify(document, "", [], table)[0] is Onglet.EXPLORATIONS
        assert classify("", "", ["capillaroscopie_3.pdf"], table) == (
            Onglet.EXPLORATIONS,
            "d'après le nom du fichier « capillaroscopie_3.pdf »",
        )

    @pytest.mark.parametrize(
        "phrases", [{"divers": ["*"]}, {"divers": [" "]}, {"dviers": ["x"]}]
    )
    def test_what_is_no_phrase_is_refused(self, phrases: dict[str, list[str]]) -> None:
        with pytest.raises((ValueError, KeyError)):
            table_with(phrases)
