"""One rule a file. Each is a pure function from facts to a refusal or nothing."""
