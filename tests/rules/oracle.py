"""What a rule set says of a packet, once more and from the description alone (Qubes OS, "VM interface")."""
import ipaddress

from grammar import HOSTS, RESOLVERS


class Oracle:
    def __init__(self, rule_set):
        self.version = rule_set.version
        self.policy = rule_set.policy
        self.rules = [dict(part.split("=", 1) for part in rule.split(" ")) for rule in rule_set.rules]
        self.known = {}

    def verdict(self, packet):
        if packet not in self.known:
            self.known[packet] = self._judge(*packet)
        return self.known[packet]

    def _judge(self, protocol, destination, number):
        for rule in self.rules:
            if not self._fits(rule, protocol, destination, number):
                continue
            where = self._is_there(rule, ipaddress.ip_address(destination))
            if where is True or where is None and rule["action"] == "drop":
                return rule["action"]
        return self.policy

    @staticmethod
    def _fits(rule, protocol, destination, number):
        if rule.get("proto", protocol) != protocol:
            return False
        if "dstports" in rule:
            first, last = map(int, rule["dstports"].split("-"))
            if protocol == "icmp" or not first <= number <= last:
                return False
        if "icmptype" in rule and int(rule["icmptype"]) != number:
            return False
        if "specialtarget" in rule:
            return rule.get("dstports", "53-53") == "53-53" and protocol != "icmp" and number == 53 and destination in RESOLVERS
        return True

    def _is_there(self, rule, destination):
        """None: that is not known."""
        for key in ("dst4", "dst6"):
            if key in rule:
                return destination in ipaddress.ip_network(rule[key], strict=False)
        if "dsthost" in rule:
            addresses = HOSTS[self.version].get(rule["dsthost"])
            return None if addresses is None else str(destination) in addresses
        return True
