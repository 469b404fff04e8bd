# Creates sys-vpn, a Sallyport gateway behind sys-firewall, from the default template; does another one have the package sallyport,
# say so before the first start: qvm-prefs sys-vpn template TEMPLATE. It changes no other qube: whose network goes through it is
# said with qvm-prefs.
sys-vpn:
  qvm.vm:
    - present:
      - label: green
    - prefs:
      - netvm: sys-firewall
      - provides-network: true
      - memory: 400
      # Keeps the kernel's own backend for network devices out. The first word is what Qubes has there by default.
      - kernelopts: swiotlb=2048 module_blacklist=xen_netback sallyport.gateway
    - tags:
      - add:
        # Of whom dom0's policy lets other qubes ask something.
        - sallyport-gateway
    - features:
      - enable:
        - servicevm
    - service:
      - enable:
        - sallyport
