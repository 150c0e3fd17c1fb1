"""The JSON API: endpoints as rows of one table, from which routing, checking of input, and the OpenAPI document are made."""
