"""An app that saves and saves, and tells each save when it is stored: `python -m … store-file`."""

import sys
from pathlib import Path

from studio_sync_client import Client, Device

if __name__ == "__main__":
    client = Client(
        Path(sys.argv[1]), "http://studio.test", Device("Pat's phone", "Pixel 9", "android", "1.0.0")
    )
    while True:
        with client.save() as save:
            for place in range(3):
                save.create("tasks", {"subject": f"Task {place}"})
        sys.stdout.write("saved\n")
        sys.stdout.flush()
