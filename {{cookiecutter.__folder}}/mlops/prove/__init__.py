"""The proof: rerun a project from a clean clone, compare every output with dvc.lock, say why where they differ.

It judges any DVC repository and imports nothing of it. Read in this order:

command      what `python -m mlops prove` does, from beginning to end
repository   what git and DVC have committed: stages, hashes, contents
room         the clean room: clone, environment, variables, network
confine      the process around each command of the room (runs by itself)
watch        what goes into each Python of the room: which files it reads, and what an experiment substitutes
machinery    the hashes of these files: is the judge as released?
installed    what an environment holds, beside what the locks say
rerun        the stages, one after another
compare      two contents of one output: the same, within what is declared, or not
difference   the same for people: which columns, keys, bytes, and by how much
claims       the sentences of claims.yaml, and the numbers of the prose
outputs      the verdict on every output
perturb      the pipeline again under other circumstances
causes       why a stage gave something else: experiments, and what each cause is mended by
proof        the evidence, and what binds it to a commit
page         the evidence as pages and badge
"""
