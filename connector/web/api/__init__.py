"""The REST API, ``/api/v1``: a shop's own key opens that shop's data and nothing else.

Routes and their description at ``/api/v1/openapi.json`` are made from one table, and every answer
is a shape of that description, so it cannot say what is not so.
"""

from connector.web.api.routes import blueprint

__all__ = ["blueprint"]
