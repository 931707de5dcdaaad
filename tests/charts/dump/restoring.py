"""`pgtwin dump restore` of a dump that lies in a folder, as a person who took it from primary."""

from functools import partial

from pgtwin.commands import restore_dump as command

restore_dump = partial(command.restore_dump, instead="repeat with --from dr")
