"""The proof: rerun a project from a clean clone, compare every output with dvc.lock, say why where they differ.

Read in this order::

    command        the command line
    steps          one proof, from the clone to the verdict
    setup          its clean room
    findings       what it gathers as it goes
    rerun          the stages, one after another
    surroundings   which files of a clone a stage finds
    reads          which reads of a stage matter
    circumstances  what an experiment changes
    outputs        the verdict on every output
    contents       values in files
    compare        two contents of one output: the same, within what is declared, or not
    difference     the same for people: which columns, keys, bytes, and by how much
    claims         the sentences of claims.yaml
    prose          the numbers of README, documents and reports
    advice         what is told beside the verdict
    explain        from what went wrong to a cause
    laboratory     reruns of one stage under other circumstances
    causes         one file for each cause: text, checks, experiment
    perturb        the whole pipeline under other circumstances
"""
