"""The edges and the policy: intake by SMTP, the chain of rules, notices, envelope log, statistics, command line."""
