"""The distribution's Dovecot as an unprivileged child: its configuration, its accounts, its life.

Contract: officers read, mark and (where their role allows) delete; nobody can put anything onto the server by
IMAP; only LMTP, from the gateway, delivers.
"""
