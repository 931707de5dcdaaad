"""Every part of the rig, in the order in which it is built: the control plane and managers first.

Versions come from topology.versions where the project pins them, else from the go.mod of the part.
What k3s v1.36.4 brings along is named by its image list: CoreDNS 1.14.6, klipper-helm
v0.13.3-build20260727 with Helm 4.1.4, containerd 2.3.4.
"""

from drill.rig.parts.catalogue.control_plane import CONTROL_PLANE
from drill.rig.parts.catalogue.custom_resources import CUSTOM_RESOURCES
from drill.rig.parts.catalogue.images import IMAGES, LAYERS
from drill.rig.parts.catalogue.machines import MACHINES
from drill.rig.parts.catalogue.pods import CHARTS, POD_PROGRAMS
from drill.rig.parts.part import Part

PARTS: tuple[Part, ...] = (
    *CONTROL_PLANE,
    *CUSTOM_RESOURCES,
    *MACHINES,
    *POD_PROGRAMS,
    *CHARTS,
    *LAYERS,
    *IMAGES,
)
