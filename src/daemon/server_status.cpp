#include "daemon/server_status.h"

#include <fmt/format.h>

#include "daemon/json_text.h"

namespace sallyport::daemon {
namespace {

Json client_json(const openvpn::ClientStatus& client) {
  Json object{{"name", client.name},
              {"id", client.id.value()},
              {"remote", client.path.to_string()},
              {"ip", client.addresses.v4.to_string()}};
  if (client.addresses.v6) object["ip6"] = client.addresses.v6->to_string();
  object["cipher"] = client.cipher;
  object["version"] = client.version;
  object["since"] = iso_time(client.since);
  object["bytes"] = {{"in", client.bytes_in}, {"out", client.bytes_out}};
  return object;
}

void metric(std::string& text, std::string_view name, std::string_view kind, std::string_view help,
            std::uint64_t value) {
  text += fmt::format("# HELP sallyport_{0} {1}\n# TYPE sallyport_{0} {2}\nsallyport_{0} {3}\n",
                      name, help, kind, value);
}

}  // namespace

std::string server_status_json(const openvpn::Server& server, const ServerCounters& counters) {
  Json object{{"state", "serving"},
              {"connected", server.connected()},
              {"handshaking", server.handshaking()}};
  object["clients"] = Json::array();
  for (const openvpn::ClientStatus& client : server.status())
    object["clients"].push_back(client_json(client));
  Json dropped = Json::object();
  server.drops().each([&](openvpn::DropReason reason, std::uint64_t count) {
    if (count != 0) dropped[std::string(openvpn::describe(reason))] = count;
  });
  object["counters"] = {{"dropped", dropped},
                        {"stateless_replies", server.replies()},
                        {"lost_outside", counters.lost_outside},
                        {"lost_inside", counters.lost_inside}};
  return json_line(object);
}

std::string server_metrics_json(const openvpn::Server& server, const ServerCounters& counters) {
  std::string text;
  metric(text, "clients", "gauge", "Clients that are connected.", server.connected());
  metric(text, "handshakes", "gauge", "Clients on their way in or out.", server.handshaking());
  metric(text, "stateless_replies_total", "counter", "Resets answered without keeping anything.",
         server.replies());
  metric(text, "lost_outside_total", "counter", "Sealed packets that no socket took.",
         counters.lost_outside);
  metric(text, "lost_inside_total", "counter", "Packets from inside for nobody.",
         counters.lost_inside);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (const openvpn::ClientStatus& client : server.status()) {
    in += client.bytes_in;
    out += client.bytes_out;
  }
  metric(text, "bytes_in", "gauge", "Bytes of data from those connected.", in);
  metric(text, "bytes_out", "gauge", "Bytes of data to those connected.", out);
  text +=
      "# HELP sallyport_dropped_total Packets that were not used, by reason.\n"
      "# TYPE sallyport_dropped_total counter\n";
  server.drops().each([&](openvpn::DropReason reason, std::uint64_t count) {
    if (count != 0)
      text += fmt::format("sallyport_dropped_total{{reason=\"{}\"}} {}\n",
                          openvpn::describe(reason), count);
  });
  return json_line(Json{{"text", text}});
}

std::optional<std::string> metrics_text(const std::string& line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object() || !object.contains("text") || !object["text"].is_string())
    return std::nullopt;
  return object["text"].get<std::string>();
}

std::string server_status_text(const std::string& line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object() || object.value("state", "") != "serving") return line + "\n";
  std::string text = fmt::format("serving    {} connected, {} on their way\n",
                                 object.value("connected", 0), object.value("handshaking", 0));
  for (const Json& client : object["clients"]) {
    text +=
        fmt::format("client     {:<20} {:<15} from {} since {}\n", client.value("name", ""),
                    client.value("ip", ""), client.value("remote", ""), client.value("since", ""));
  }
  for (const auto& [reason, count] : object["counters"]["dropped"].items())
    text += fmt::format("dropped    {} {}\n", count.get<std::uint64_t>(), reason);
  return text;
}

}  // namespace sallyport::daemon
