"""Write ``tests/fixtures/thunderbird-smime``: ``python -m testbed.thunderbird.fixtures FOLDER``.

Everything is made anew: authority, doctor, service with a key of each kind. Postfix collects
what Thunderbird sends; only that is kept, with the service's keys, which guard nothing.
"""

import re
import sys
import time
from pathlib import Path

from testbed.postfix import PrivatePostfix
from testbed.thunderbird.profile import Account, add_certificate
from testbed.thunderbird.program import Thunderbird
from testbed.x509_maker import Authorities, Made, Maker, authorities

DOCTOR = Account("Dr Tom TONNERRE", "tom@thunderbird.test", 0)
SERVICES = {"rsa": "rmp-rsa@service.test", "p256": "rmp-p256@service.test"}
DAYS = 36_500
LETTER = "Patient : OISEAU Jeanne\nNé le : 30/01/1959\nDocument : Courrier\n\nMerci à vous.\n"
FILE_NAME, FILE = "compte-rendu échographie.bin", bytes(range(256)) * 8
_TRACES = re.compile(
    rb"^(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*", re.MULTILINE
)


def main(folder: Path) -> None:
    """Make the keys, and have Thunderbird write to each service, with a file and without."""
    folder.mkdir(parents=True, exist_ok=True)
    makers = {"rsa": Maker(int(time.time()), "RSA"), "p256": Maker(int(time.time()), "P-256")}
    trees = authorities(makers["rsa"])
    (folder / "root.pem").write_bytes(trees.public_root.pem)
    services = {
        kind: makers[kind].user(address, trees.public, days=DAYS)
        for kind, address in SERVICES.items()
    }
    for kind, service in services.items():
        (folder / f"service-{kind}.pem").write_bytes(service.key_pem + service.pem)
    for kind, maker in makers.items():
        doctor = maker.user(DOCTOR.mail, trees.public, days=DAYS)
        (folder / f"doctor-{kind}.pem").write_bytes(doctor.pem)
        for name, mail in _written(doctor, trees, services).items():
            (folder / f"{kind}-to-{name}.eml").write_bytes(mail)


def _written(doctor: Made, trees: Authorities, services: dict[str, Made]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with PrivatePostfix(("rmp@rmp.test",)) as postfix:
        account = DOCTOR._replace(smtp_port=postfix.smtp_port)
        believed = {"racine": trees.public_root.pem, "autorité": trees.public.pem}
        program = Thunderbird(account, doctor, believed)
        for kind, service in services.items():
            add_certificate(program.profile, kind, service.pem, trusted=False)
        file = program.folder / FILE_NAME
        file.write_bytes(FILE)
        with program:
            for kind, address in SERVICES.items():
                for name, files in (("letter", []), ("file", [file])):
                    before = postfix.collected.count(address)
                    written = program.write(address, "RMP", LETTER, files)
                    if not written.sent:
                        raise RuntimeError(written)
                    raw = postfix.wait_mail(address, before + 1)[before]
                    found[f"{kind}-{name}"] = _TRACES.sub(b"", raw)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
