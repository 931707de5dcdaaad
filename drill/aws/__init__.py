"""The embedded AWS: moto with an endpoint a region, real network cuts, and the CDK CLI on top."""
