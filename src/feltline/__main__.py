"""`python -m feltline`: the command line."""

from feltline.cli import main

main()
