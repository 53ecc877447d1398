"""``rmp doctor import`` again: what is new, what is another, what it names and leaves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rmp_case import OTHER_RPPS, RPPS, PlayedKeeper, Rmp, Said, made_key

THIRD_RPPS = "10000000009"
HEAD = "name;rpps;mail;profession;key;account;reply_form;receipts;hprim;answers\n"
ANNE = f"Dr Anne MOREL;{RPPS};a.morel@cab.example;médecin;anne.asc;;;;;\n"
LUC = f"Dr Luc SAND;{OTHER_RPPS};l.sand@cab.example;pédiatre;luc.asc;lsand;;;;\n"

Import = Callable[..., Said]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory, gpg_home: Path, key: Path) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    (folder / "anne.asc").write_bytes(key.read_bytes())
    for name in ("luc", "new"):
        made = made_key(gpg_home, f"{name} of import", "default", "default", "never")
        (folder / f"{name}.asc").write_bytes(made.read_bytes())
    return folder


@pytest.fixture
def take(rmp: Rmp, keys: Path, keeper: PlayedKeeper) -> Import:
    def take(text: str, *more: str) -> Said:
        keeper.requests.clear()
        (keys / "doctors.csv").write_text(HEAD + text)
        return rmp("doctor", "import", str(keys / "doctors.csv"), *more)

    return take


def shown(rmp: Rmp, who: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(rmp("doctor", "show", who, "--json").out)
    return found


def test_the_same_file_again_changes_nothing_and_leaves_no_leaf(
    rmp: Rmp, take: Import, keeper: PlayedKeeper
) -> None:
    assert take(ANNE + LUC).out == "2 doctors enrolled\n"
    before = rmp("doctor", "list", "--json").out
    said = take(ANNE + LUC)
    assert (said.status, said.out) == (0, "0 doctors enrolled\n")
    assert keeper.requests == []
    assert rmp("doctor", "list", "--json").out == before


def test_a_grown_file_enrols_who_is_new_and_changes_what_is_another(
    rmp: Rmp, take: Import, keeper: PlayedKeeper
) -> None:
    take(ANNE)
    moved = ANNE.replace("a.morel@cab", "anne@ville").replace(";;;;;", ";;grouped;daily;oui;")
    dry = take(moved + LUC, "--dry-run")
    assert keeper.requests == []
    assert shown(rmp, RPPS)["mail"] == "a.morel@cab.example"
    changes = (
        f"changed {RPPS}  Dr Anne MOREL: mail: a.morel@cab.example -> anne@ville.example; "
        "reply_form: separate -> grouped; receipts: each -> daily; hprim: no -> yes"
    )
    assert dry.out.splitlines() == [
        f"new     {OTHER_RPPS}  Dr Luc SAND",
        changes,
        "1 doctors can be enrolled, 1 can be changed",
    ]
    done = json.loads(take(moved + LUC, "--json").out)
    assert (done["enrolled"], done["changed"], done["faults"]) == (1, 1, [])
    assert [(leaf.action, leaf.subject) for leaf in keeper.leaves] == [
        ("inscription", OTHER_RPPS),
        ("modification", RPPS),
    ]
    found = shown(rmp, RPPS)
    assert (found["mail"], found["reply_form"]) == ("anne@ville.example", "grouped")
    assert (found["receipts"], found["hprim"]) == ("daily", True)
    assert take(moved + LUC).out == "0 doctors enrolled\n"


def test_what_a_line_leaves_empty_stays(rmp: Rmp, take: Import, keeper: PlayedKeeper) -> None:
    take(LUC)
    rmp("doctor", "set", OTHER_RPPS, "--receipts", "none", "--hprim", "yes")
    assert take(LUC.replace("luc.asc;lsand", ";")).out == "0 doctors enrolled\n"
    assert keeper.requests == []
    found = shown(rmp, OTHER_RPPS)
    assert (found["account"], found["receipts"], found["hprim"]) == ("lsand", "none", True)


def test_another_key_is_named_and_never_entered(
    rmp: Rmp, take: Import, keeper: PlayedKeeper
) -> None:
    take(ANNE)
    before = shown(rmp, RPPS)["fingerprint"]
    said = take(ANNE.replace("anne.asc", "new.asc"))
    assert said.status == 0
    assert f"key     {RPPS}  Dr Anne MOREL: another key (" in said.out
    assert f"rmp doctor rekey {RPPS} --key FILE" in said.out
    assert "1 keys left as they are" in said.out
    assert keeper.requests == []
    assert shown(rmp, RPPS)["fingerprint"] == before


def test_a_key_file_that_is_gone_holds_up_nobody_who_has_his_key(
    take: Import, keeper: PlayedKeeper
) -> None:
    take(ANNE)
    said = take(ANNE.replace("anne.asc", "gone.asc") + LUC)
    assert said.status == 0
    assert "the key cannot be read, his own stays: " in said.out
    assert [leaf.subject for leaf in keeper.leaves] == [OTHER_RPPS]
    assert take(ANNE.replace("anne.asc", "") + LUC).out == "0 doctors enrolled\n"
    new = f"Dr Zoé NEUVE;{THIRD_RPPS};z@cab.example;médecin;;;;;;\n"
    assert "key: names no file" in take(new).err


def test_other_answers_are_named_with_the_command(take: Import, keeper: PlayedKeeper) -> None:
    take(ANNE)
    said = take(ANNE.replace(";;;;;", ";;;;;smime"))
    assert f"rmp doctor set {RPPS} --answers smime" in said.out
    assert keeper.requests == []


def test_who_is_not_in_the_file_is_named_and_stays(rmp: Rmp, take: Import) -> None:
    take(ANNE + LUC)
    said = take(ANNE)
    assert f"rmp doctor remove {OTHER_RPPS}" in said.out
    assert said.out.endswith("0 doctors enrolled, 1 not in this file\n")
    assert json.loads(take(ANNE, "--json").out)["absent"] == [
        {"rpps": OTHER_RPPS, "name": "Dr Luc SAND"}
    ]
    assert len(json.loads(rmp("doctor", "list", "--json").out)) == 2


def test_nobody_takes_what_another_has(take: Import, keeper: PlayedKeeper) -> None:
    take(ANNE + LUC)
    said = take(ANNE.replace("a.morel@cab", "l.sand@cab"))
    assert said.status == 1
    assert "mail is that of Dr Luc SAND, who is enrolled" in said.err
    assert keeper.requests == []
    assert take(ANNE + ANNE).err.count("rpps is that of line 2") == 1


def test_a_form_of_answers_that_his_key_has_not_is_a_fault(rmp: Rmp, take: Import) -> None:
    take(ANNE)
    text = rmp.config.read_text()
    rmp.config.write_text(text.replace("translates = true", "translates = false"))
    said = take(ANNE.replace(";;;;;", ";;lisible;;;"))
    assert (said.status, "this host translates no documents" in said.err) == (1, True)


NEW = f"Dr Zoé NEUVE;{THIRD_RPPS};z.neuve@cab.example;médecin;new.asc;zneuve;;;;\n"
MAILS = ("a.morel@cab.example", "l.sand@cab.example", "z.neuve@cab.example")


def with_mails(*mails: str) -> list[str]:
    """Return the three lines, each with another address."""
    triples = zip((ANNE, LUC, NEW), MAILS, mails, strict=True)
    return [line.replace(old, new) for line, old, new in triples]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "mails",
    [
        (MAILS[1], MAILS[0], MAILS[2]),
        (MAILS[1], MAILS[2], MAILS[0]),
        (MAILS[1], MAILS[2], "elsewhere@cab.example"),
        ("elsewhere@cab.example", MAILS[0], MAILS[1]),
    ],
    ids=["two", "a circle of three", "a chain", "a chain the other way round"],
)
def test_doctors_change_addresses_with_each_other_in_one_import(
    rmp: Rmp, take: Import, mails: tuple[str, ...], *, backwards: bool
) -> None:
    take(ANNE + LUC + NEW)
    lines = with_mails(*mails)
    text = "".join(reversed(lines) if backwards else lines)
    dry = take(text, "--dry-run")
    assert dry.status == 0
    moved = [(old, new) for old, new in zip(MAILS, mails, strict=True) if old != new]
    assert all(f"mail: {old} -> {new}" in dry.out for old, new in moved)
    assert f"{len(moved)} can be changed" in dry.out
    assert shown(rmp, RPPS)["mail"] == MAILS[0]
    assert take(text).status == 0
    found = [shown(rmp, each)["mail"] for each in (RPPS, OTHER_RPPS, THIRD_RPPS)]
    assert found == [*mails]
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert take(text).out == "0 doctors enrolled\n"


def test_accounts_change_hands_and_who_is_new_has_what_somebody_left(
    rmp: Rmp, take: Import
) -> None:
    take(ANNE + LUC)
    swapped = LUC.replace("l.sand@cab", "luc@ville").replace("lsand", "other")
    heir = NEW.replace("z.neuve@cab", "l.sand@cab").replace("zneuve", "lsand")
    assert take(ANNE + heir + swapped).out.endswith("1 doctors enrolled, 1 changed\n")
    assert shown(rmp, THIRD_RPPS)["mail"] == "l.sand@cab.example"
    assert shown(rmp, OTHER_RPPS)["account"] == "other"
    assert rmp("store", "check").out.endswith("the store is sound\n")


@pytest.mark.parametrize("backwards", [False, True])
def test_an_address_that_nobody_gives_up_is_still_nobody_elses(
    rmp: Rmp, take: Import, *, backwards: bool
) -> None:
    take(ANNE + LUC)
    luc = LUC.replace("l.sand@cab", "a.morel@cab")
    anne = ANNE.replace("médecin;", "chirurgien;")
    said = take(luc + anne if backwards else anne + luc)
    assert said.status == 1
    assert (
        f":{2 if backwards else 3}: mail is that of Dr Anne MOREL, who is enrolled" in said.err
    )
    two = take(ANNE.replace("a.morel@cab", "x@cab") + LUC.replace("l.sand@cab", "x@cab"))
    assert ":3: mail is that of line 2" in two.err
    assert shown(rmp, OTHER_RPPS)["mail"] == "l.sand@cab.example"
