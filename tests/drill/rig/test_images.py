"""An image that nobody built would only be missed when its pod is to start."""

from drill.rig import packaged
from drill.rig.inside import k3s_files, k3s_parts
from drill.rig.parts.catalogue import PARTS
from drill.rig.parts.image import Image


def test_every_image_that_the_stand_in_for_k3s_names_is_among_the_parts() -> None:
    built = {part.recipe.reference for part in PARTS if isinstance(part.recipe, Image)}

    assert packaged.COREDNS_IMAGE in built
    assert k3s_parts.HELM_JOB_IMAGE in built
    assert k3s_files.PAUSE_IMAGE in built
