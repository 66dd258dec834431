import json
import sys
from datetime import datetime, timezone


def log(level: str, message: str, **fields: object) -> None:
    """Writes one JSON object as one line, in one write: lines of different threads do not mix."""
    line = {"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), "level": level, "message": message}
    sys.stdout.write(json.dumps(line | fields) + "\n")
    sys.stdout.flush()
