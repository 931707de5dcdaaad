"""What a machine is told to be: the bundle, the site, the manifests."""
