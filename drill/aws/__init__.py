"""The embedded AWS: moto one endpoint per region, real network cuts, the CDK CLI on top."""
