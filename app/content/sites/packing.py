"""A package for another network: the changed pages in one zip, a manifest over them, a signature over the manifest.

Whoever receives it checks the signature with the published key, then every file against the manifest; nothing of it
has to be trusted. `docs` for receivers: manifest.json is UTF-8, manifest.sig its Ed25519 signature in base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.content.sites.facts import WrittenFile
from app.content.sites.writing import inside
from app.errors import Invalid
from app.i18n import N_

MANIFEST, SIGNATURE, PAGES = "manifest.json", "manifest.sig", "site/"
FORMAT: Final = 1
RECEIPT_LONGEST: Final = 2 * 1024 * 1024
NO_RECEIPT: Final = N_("回执读不出来。请上传接收端给出的 JSON 文件。")
OTHER_PACKAGE: Final = N_("这是另一个包的回执，没有收下。")
OTHER_FILES: Final = N_("接收端有 %(count)s 个文件和包里的不一样，例如 %(path)s。没有收下，请重新传送。")


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key that signs packages; made at the first use, readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(path)
    key = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key


def _kept(path: Path) -> Ed25519PrivateKey:
    found = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, Ed25519PrivateKey):
        raise TypeError(f"{path.name} holds another kind of key")
    return found


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public key as receivers are given it: base64 of its 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def manifest_of(facts: Mapping[str, Any], files: Iterable[WrittenFile], articles: list[Any]) -> dict[str, Any]:
    """Return what a package says of itself: its files with their digests, what is gone, which articles it brings."""
    ordered = sorted(files, key=lambda one: one.path)
    return {
        "format": FORMAT,
        **facts,
        "files": {one.path: one.digest for one in ordered if one.digest},
        "removed": [one.path for one in ordered if not one.digest],
        "articles": articles,
    }


def write_package(target: Path, manifest: Mapping[str, Any], folder: Path, key: Ed25519PrivateKey) -> str:
    """Write the zip, whole or not at all, and return its SHA-256."""
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, text)
            archive.writestr(SIGNATURE, base64.b64encode(key.sign(text)))
            for path, digest in manifest["files"].items():
                archive.writestr(PAGES + path, _unchanged(folder, path, digest))
        out.flush()
        os.fsync(out.fileno())
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    part.replace(target)
    return digest


def _unchanged(folder: Path, path: str, digest: str) -> bytes:
    """Return a page's bytes; refuse one that somebody else has changed since it was written."""
    data = inside(folder, path).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise Invalid(N_("“%(path)s”和写出时不一样，没有打包。请先重新生成全站。"), path=path)
    return data


def verify_package(data: Path, public: Ed25519PublicKey) -> Mapping[str, Any]:
    """Return the manifest of a package after checking signature and files, as a receiver does; raise otherwise."""
    with zipfile.ZipFile(data) as archive:
        text = archive.read(MANIFEST)
        public.verify(base64.b64decode(archive.read(SIGNATURE)), text)
        manifest: dict[str, Any] = json.loads(text)
        names = {name.removeprefix(PAGES) for name in archive.namelist() if name.startswith(PAGES)}
        found = {name: hashlib.sha256(archive.read(PAGES + name)).hexdigest() for name in names}
    if found != manifest["files"]:
        raise ValueError("files differ from the manifest")
    return manifest


def read_receipt(data: bytes, digest: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return a receipt that fits the package with this digest; raise Invalid with what does not fit.

    A receipt is JSON with `package` (SHA-256 of the zip) and, if the receiver tells, `files` (path to SHA-256).
    """
    try:
        receipt = json.loads(data.decode("utf-8-sig")) if len(data) <= RECEIPT_LONGEST else None
    except (ValueError, RecursionError):
        receipt = None
    if not isinstance(receipt, dict) or not isinstance(receipt.get("package"), str):
        raise Invalid(fields={"receipt": NO_RECEIPT})
    if receipt["package"].lower() != digest:
        raise Invalid(fields={"receipt": OTHER_PACKAGE})
    told = receipt.get("files") or {}
    if not isinstance(told, dict):
        raise Invalid(fields={"receipt": NO_RECEIPT})
    other = sorted(path for path, found in told.items() if files.get(path) != found)
    other += sorted(set(files) - set(told)) if told else []
    if other:
        raise Invalid(OTHER_FILES, count=len(other), path=other[0])
    return receipt
