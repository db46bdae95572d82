"""Forms: XML documents of form packs; parse safely, validate, compose, render."""
