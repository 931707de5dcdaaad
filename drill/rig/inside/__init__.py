"""What runs inside a machine of the rig, from the first mount to the parts of Kubernetes."""
