"""A network of namespaces on one machine: AppVMs, the gateway, a real OpenVPN server and the world behind it."""
