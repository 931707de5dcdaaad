"""From a blank machine to a member of its k3s cluster."""
