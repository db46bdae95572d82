format = 1
number = 2
issued = 2026-02-01
expires = 2099-12-31
predecessor = "3bb6f0288e84b2bb9f0b78a43d36740cc1022b8a8d17eeba926089d1b5344af7"

[[pattern]]
id = "ke-vector"
party = "KE"
level = "unit"
form = "other"
expression = "KEV[0-9]{10}"
priority = 60
examples = ["KEV0000000001"]
synthetic = true
provenance = "a test vector"
