"""What is not the real thing on the rig, and how far; the report prints it.

What is in the place of a part is said at the part (drill/rig/parts/inventory.py).
"""

from drill.aws.emulation import RUN_COMMAND

EMULATED = (
    "k3s: its parts are real and separate processes (containerd, etcd, API server, controllers, "
    "scheduler, kubelet, kube-proxy, network policies, Helm controller), started by a stand-in "
    "from the configuration that the host program wrote. A reset of the cluster is etcd's own, at "
    "the address that it had. Left out: joining by token, a second server and snapshots of etcd; "
    "certificates are made beforehand.",
    "k3s' controllers for the manifests folder and for local-path volumes are stand-ins that "
    "behave alike; pods of other machines are reached by a route each, not by flannel's VXLAN.",
    "Machines: namespaces of one kernel; a power cut kills process 1 and pulls the network cable "
    "first. The kernel settings that belong to the whole computer are files in their place.",
    "systemd: a stand-in runs the project's own unit files, timers and user-data; nothing is "
    "installed by apt-get, and logind answers from its drop-ins.",
    "Data volumes: folders; blkid and mkfs.xfs are stand-ins, and a device is there before it is "
    "attached.",
    "AWS: moto in the router of the rig; IAM identity policies, their resources and conditions "
    "are enforced, KMS keys are not checked. Plain HTTP. While a region is cut off, its own "
    "machines do not reach it either.",
    "Pods learn where AWS is from admission policies of the rig: AWS_ENDPOINT_URL in each "
    "container of the database's namespace, and the endpoint of each ObjectStore.",
    "The load balancer: a TCP relay with the deployed listener, targets and health check. What it "
    "relays for the other region it holds back for half of the distance. That is reached while the "
    "deployed peering and routes lead there; security groups are not asked.",
    RUN_COMMAND,
)
