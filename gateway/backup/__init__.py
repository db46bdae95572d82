"""A copy of a whole deployment, made while it runs, and the way back from it. It holds the gateway's secret keys."""
