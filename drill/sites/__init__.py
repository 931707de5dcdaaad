"""The machines of the embedded world: scratch folders in which the real host program boots.

Real: the user-data of the deployed instance run by bash, the zipapp from the deployed bundle, AWS
through the embedded endpoints with the instance's role. Emulated: the programs of the machine that
would need root or a kernel (systemctl, blkid, mkfs, mounts, sysctl, apt-get) and k3s, which here is
an API in memory.
"""
