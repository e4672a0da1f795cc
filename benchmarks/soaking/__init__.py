"""What the soak consists of: a server, clients that die, and who lets them."""
