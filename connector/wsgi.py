"""The WSGI application of this environment: for granian, or any other WSGI server."""

from __future__ import annotations

import os

from connector import settings
from connector.app import create_app, create_runtime
from connector.worker.engine import Engine

_settings = settings.read(os.environ)
app = create_app(create_runtime(_settings, Engine(_settings.jobs_url)))
