"""``python -m rmp_milter.cli`` is ``rmp``."""

from rmp_milter.cli.main import main

if __name__ == "__main__":
    main()
