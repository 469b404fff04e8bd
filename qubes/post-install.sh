#!/bin/sh
# Tells dom0 that VMs of this template know the service.
exec qvm-features-request supported-service.sallyport=1
