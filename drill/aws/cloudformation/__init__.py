"""CloudFormation's provisioning, done over again on top of moto.

moto makes about half of the resource types of a template, drops many of their properties (a volume
loses its tags, an instance its metadata options, a bucket everything but its encryption), resolves
no output of a nested stack, answers a change of one with deletion and new creation, and forgets
deletion policies during updates. All of it ends in CREATE_COMPLETE. Here each resource is made,
changed, replaced and deleted by the calls of its own service's API, as CloudFormation itself does
it, and a stack that fails is rolled back and ends as AWS says (`life.py`). A type is one row of
`kinds.py`; what is not emulated is listed and refused in `rules.py`. moto keeps the CloudFormation
API in front: stacks, change sets, events, outputs. This package can go when moto's own models do
the same.
"""
