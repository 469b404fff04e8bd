#include "daemon/status_json.h"

#include <fmt/format.h>

#include "daemon/json_text.h"

namespace sallyport::daemon {
namespace {

Json traffic(const gateway::TrafficCounters& counters) {
  return {{"packets", counters.packets}, {"bytes", counters.bytes}};
}

// Only reasons that occurred, so that a reader sees at once what is going on.
template <class Enum>
Json by_reason(const base::CounterSet<Enum>& counters) {
  Json object = Json::object();
  counters.each([&](Enum reason, std::uint64_t count) {
    if (count != 0) object[std::string(describe(reason))] = count;
  });
  return object;
}

template <class Refusal>
Json ring_json(const netback::RingCounters<Refusal>& ring) {
  return {{"packets", ring.packets},
          {"slots", ring.slots},
          {"copies", ring.copies},
          {"batches", ring.batches},
          {"notifications", ring.notifications},
          {"refused", by_reason(ring.refused)}};
}

Json client_json(const gateway::ClientStatus& client, const RingsByClient& rings) {
  Json object{{"name", client.name}, {"ip", client.v4}};
  if (!client.v6.empty()) object["ip6"] = client.v6;
  object["inside_to_outside"] = traffic(client.to_outside);
  object["outside_to_inside"] = traffic(client.from_outside);
  object["flows"] = client.flows;
  object["refused"] = by_reason(client.refused);
  if (const auto at = rings.find(client.id); at != rings.end())
    object["rings"] = {{"tx", ring_json(at->second.tx)}, {"rx", ring_json(at->second.rx)}};
  return object;
}

Json qubesdb_json(const QubesDbStatus& qubesdb) {
  Json object{{"state", name_of(qubesdb.state)}};
  if (qubesdb.state == QubesDbState::kOff) return object;
  object["since"] = iso_time(qubesdb.since);
  object["firewalls"] = qubesdb.firewalls;
  object["changes"] = qubesdb.changes;
  object["refused"] = by_reason(qubesdb.refused);
  object["ignored"] = by_reason(qubesdb.ignored);
  return object;
}

std::string text_of(const Json& status) {
  const auto text = [&](const char* key) { return status.value(key, std::string()); };
  std::string out = fmt::format("{} since {}\n", text("state"), text("since"));
  const auto line = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("  {:<10} {}\n", name, value);
  };
  line("reason", text("reason"));
  line("hint", text("hint"));
  for (const auto& warning : status.value("warnings", Json::array()))
    line("warning", warning.get<std::string>());
  line("log in at", text("login_page"));
  line("question", status.value("question", Json::object()).value("text", std::string()));
  line("profile", text("profile"));
  line("remote", text("remote"));
  line("cipher", text("cipher"));
  line("control", text("tls"));
  line("address", text("tunnel_ip"));
  line("address", text("tunnel_ip6"));
  if (const auto mtu = status.value("mtu", 0); mtu != 0) line("mtu", std::to_string(mtu));
  for (const auto& resolver : status.value("resolvers", Json::array()))
    line("resolver", resolver.get<std::string>());
  const auto qubesdb = status.value("qubesdb", Json::object());
  if (const auto state = qubesdb.value("state", std::string("off")); state != "off")
    line("qubesdb", fmt::format("{} since {}", state, qubesdb.value("since", "")));
  for (const auto& client : status.value("clients", Json::array())) {
    const auto bytes = [&](const char* way) {
      return client.value(way, Json::object()).value("bytes", std::uint64_t{0});
    };
    line("client",
         fmt::format("{} {}: {} bytes out, {} in, {} flows", client.value("name", ""),
                     client.value("ip", ""), bytes("inside_to_outside"), bytes("outside_to_inside"),
                     client.value("flows", std::uint64_t{0})));
  }
  const auto counters = status.value("counters", Json::object());
  for (const char* group : {"refused", "dropped_outside"}) {
    const Json reasons = counters.value(group, Json::object());
    for (const auto& [reason, count] : reasons.items()) {
      line("refused", fmt::format("{} × {}", count.get<std::uint64_t>(), reason));
    }
  }
  return out;
}

}  // namespace

std::string status_json(const gateway::Status& status, const RingsByClient& rings,
                        const QubesDbStatus& qubesdb) {
  Json object{{"state", gateway::name_of(status.state)},
              {"reason", status.reason},
              {"hint", status.hint},
              {"warnings", status.warnings},
              {"profile", status.profile},
              {"remote", status.remote},
              {"cipher", status.cipher},
              {"tls", status.tls},
              {"tunnel_ip", status.tunnel_v4},
              {"tunnel_ip6", status.tunnel_v6},
              {"mtu", status.mtu},
              {"resolvers", status.resolvers},
              {"since", iso_time(status.since)}};
  if (!status.login_page.empty()) object["login_page"] = status.login_page;
  if (!status.question.empty())
    object["question"] = {{"text", status.question}, {"echo", status.question_echo}};
  object["clients"] = Json::array();
  for (const gateway::ClientStatus& client : status.clients)
    object["clients"].push_back(client_json(client, rings));
  object["qubesdb"] = qubesdb_json(qubesdb);
  object["counters"] = {{"inside_to_outside", traffic(status.to_outside)},
                        {"outside_to_inside", traffic(status.from_outside)},
                        {"flows", status.flows},
                        {"refused", by_reason(status.refused)},
                        {"dropped_outside", by_reason(status.dropped_outside)}};
  return json_line(object);
}

std::string status_text(const std::string& json_line) {
  // A gateway of another version may say something else: it is then shown as it is.
  try {
    return text_of(Json::parse(json_line));
  } catch (const Json::exception&) {
    return json_line;
  }
}

}  // namespace sallyport::daemon
