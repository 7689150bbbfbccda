"""`python -m tools`, which is how `accelerate launch -m tools` starts the command line."""

from tools.cli import main

if __name__ == "__main__":
    main()
