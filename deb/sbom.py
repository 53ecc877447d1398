"""The package's bill of materials: CycloneDX 1.6, in JSON, the same for the same wheels.

What is in wheels is told by their own bills of materials (PEP 770), and of OpenSSL by the
libraries themselves, too.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from deb.openssl import bundled
from deb.releases import PackageTarget

Json = dict[str, object]


def bill(
    target: PackageTarget, version: str, at: int, wheels: list[Path], name: str = "rmp-milter"
) -> str:
    """Return the text of the document for one package."""
    of = f"arch={target.architecture}&distro=debian-{target.release.number}"
    purl = f"pkg:deb/{name}@{version}?{of}"
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "licenses": [{"expression": "GPL-3.0-or-later"}],
            },
        },
        "components": [component(wheel) for wheel in wheels],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def component(wheel: Path) -> Json:
    """Return what a wheel is, and what is in it besides Python."""
    with zipfile.ZipFile(wheel) as archive:
        headers = _metadata(archive)
        inside = list(_inside(archive))
    name, version = str(headers["Name"]), str(headers["Version"])
    inside += [_openssl(each) for each in sorted(bundled(wheel)) if not _named(inside, each)]
    return {
        "type": "library",
        "bom-ref": wheel.name,
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
        "hashes": [_digest(wheel)],
        **_licences(headers),
        **({"components": inside} if inside else {}),
    }


def _digest(wheel: Path) -> Json:
    return {"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}


def _metadata(archive: zipfile.ZipFile) -> Message:
    (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
    return HeaderParser().parsestr(archive.read(name).decode())


def _licences(headers: Message) -> Json:
    if "License-Expression" in headers:
        return {"licenses": [{"expression": headers["License-Expression"]}]}
    said = (headers["License"] or "").strip().splitlines()
    classified = [
        each.rpartition(" :: ")[2]
        for each in headers.get_all("Classifier", [])
        if each.startswith("License :: ")
    ]
    names = classified or said[:1]
    return {"licenses": [{"license": {"name": name}} for name in names]} if names else {}


def _inside(archive: zipfile.ZipFile) -> Iterator[Json]:
    """Yield what the wheel's own bills of materials list, as far as it tells them apart."""
    for name in sorted(archive.namelist()):
        if ".dist-info/sboms/" not in name or not name.endswith(".json"):
            continue
        for each in json.loads(archive.read(name)).get("components", ()):
            kept = {
                key: each[key] for key in ("name", "version", "purl", "hashes") if key in each
            }
            yield {"type": "library", **kept}


def _named(inside: list[Json], openssl: str) -> bool:
    """Whether a wheel's own bill tells of it; the Rust crate of that name is another thing."""
    return any(str(each.get("purl", "")).startswith(_openssl_purl(openssl)) for each in inside)


def _openssl(version: str) -> Json:
    return {
        "type": "library",
        "name": "openssl",
        "version": version,
        "purl": _openssl_purl(version),
    }


def _openssl_purl(version: str) -> str:
    return f"pkg:generic/openssl@{version}"
