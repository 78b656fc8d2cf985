"""A workshop that no child may be forked from: it leaves a thread behind."""

import threading
import time


def warm() -> None:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
