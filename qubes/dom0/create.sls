# Creates sys-vpn, a Sallyport gateway behind sys-firewall. It changes no other qube: whose network goes through it is said
# with qvm-prefs. Its template has to have the package sallyport.
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
    - features:
      - enable:
        - servicevm
    - service:
      - enable:
        - sallyport
