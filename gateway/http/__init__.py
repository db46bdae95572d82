"""A small HTTP server for what everybody may read: the signed pattern library and the list of its versions."""
