"""What k3s itself does with the files of its manifests folder."""
