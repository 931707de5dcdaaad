"""`pgtwin report`: one page of both sites. What a site does not give is unknown, and says why."""
