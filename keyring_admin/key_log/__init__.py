"""The key log (DESIGN §8): every change of the directory, append-only, hash-chained, countersigned by Parties."""
