"""CloudFormation's provisioning, done over again on top of moto.

moto makes about half of the resource types of a template, drops many of their properties (a volume
loses its tags, an instance its metadata options, a bucket everything but its encryption), resolves
no output of a nested stack, answers a change of one with deletion and new creation, and forgets
deletion policies during updates. All of it ends in CREATE_COMPLETE. Here each resource is made,
changed and deleted by the calls of its own service's API, as CloudFormation itself does it, and
what cannot be done fails the stack. moto keeps the CloudFormation API in front: stacks, change
sets, events, outputs. This package can go when moto's own models do the same.
"""
