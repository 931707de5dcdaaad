"""Images are OCI archives that answer to the names that manifests use."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from drill.rig.parts.image import Image, names_of
from drill.rig.parts.workspace import Workspace

DIGEST = "sha256:" + "e" * 64


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A base layer with a file, and a part with one program."""
    for part in ("base", "tool"):
        (tmp_path / part).mkdir()
    (tmp_path / "file").write_text("text")
    with tarfile.open(tmp_path / "base" / "layer.tar", "w") as layer:
        layer.add(tmp_path / "file", "etc/file")
    (tmp_path / "tool" / "bin").mkdir()
    (tmp_path / "tool" / "bin" / "manager").write_bytes(b"ELF")
    (tmp_path / "into").mkdir()
    made = {name: tmp_path / name for name in ("base", "tool")}
    return Workspace(into=tmp_path / "into", log=tmp_path / "log", made=made)


def image(**changes: object) -> Image:
    given: dict[str, object] = {
        "reference": f"ghcr.io/some/image:1.0@{DIGEST}",
        "layers": ("base",),
        "programs": {"tool/bin/manager": "manager"},
        "entrypoint": ("/manager",),
        "user": "26:26",
    }
    return Image(**(given | changes))  # type: ignore[arg-type]


def test_an_image_answers_by_tag_and_by_the_digest_of_the_real_one() -> None:
    assert names_of(f"ghcr.io/some/image:1.0@{DIGEST}") == (
        "ghcr.io/some/image:1.0",
        f"ghcr.io/some/image@{DIGEST}",
    )
    assert names_of("docker.io/some/image:1.0") == ("docker.io/some/image:1.0",)


def test_every_blob_is_named_by_its_hash_and_every_reference_resolves(
    workspace: Workspace,
) -> None:
    image().make(workspace)

    with tarfile.open(workspace.into / "image.tar") as archive:
        blobs = {
            f"sha256:{member.name.rpartition('/')[2]}": _content(archive, member.name)
            for member in archive.getmembers()
            if member.name.startswith("blobs/")
        }
        index = json.loads(_content(archive, "index.json"))
    for digest, content in blobs.items():
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    manifest = json.loads(blobs[index["manifests"][0]["digest"]])
    config = json.loads(blobs[manifest["config"]["digest"]])
    layers = [layer["digest"] for layer in manifest["layers"]]
    assert config["rootfs"]["diff_ids"] == layers
    assert layers[-1] in blobs
    assert config["config"]["Entrypoint"] == ["/manager"]
    assert config["config"]["User"] == "26:26"


def test_each_name_is_an_entry_of_the_same_manifest(workspace: Workspace) -> None:
    image().make(workspace)

    with tarfile.open(workspace.into / "image.tar") as archive:
        entries = json.loads(_content(archive, "index.json"))["manifests"]
    assert len({entry["digest"] for entry in entries}) == 1
    assert [entry["annotations"]["io.containerd.image.name"] for entry in entries] == [
        "ghcr.io/some/image:1.0",
        f"ghcr.io/some/image@{DIGEST}",
    ]


def test_a_removed_file_is_hidden_by_a_whiteout_of_the_top_layer(workspace: Workspace) -> None:
    image(removed=("usr/bin/sh",)).make(workspace)

    assert "usr/bin/.wh.sh" in _names_of_top_layer(workspace.into / "image.tar")


def test_the_same_recipe_makes_the_same_bytes(workspace: Workspace) -> None:
    image().make(workspace)
    first = (workspace.into / "image.tar").read_bytes()
    image().make(workspace)

    assert (workspace.into / "image.tar").read_bytes() == first


def _names_of_top_layer(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        index = json.loads(_content(archive, "index.json"))
        digest = index["manifests"][0]["digest"].removeprefix("sha256:")
        manifest = json.loads(_content(archive, f"blobs/sha256/{digest}"))
        top = manifest["layers"][-1]["digest"].removeprefix("sha256:")
        file = archive.extractfile(f"blobs/sha256/{top}")
        with tarfile.open(fileobj=file) as layer:
            return layer.getnames()


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file
    return file.read()
