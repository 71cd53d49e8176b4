"""`python -m hotline` is `hotline`, also where the command is not on PATH."""

from hotline.cli import main

main()
