#include "openvpn/server/admission.h"

#include <algorithm>

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kDefaultClient = "DEFAULT";

using Refused = std::unexpected<std::string>;

bool is_proven(LoginProof proof) {
  return proof == LoginProof::kPassword || proof == LoginProof::kToken;
}

std::expected<void, std::string> judge_certificate(const ServerConfig& config, const Shown& shown) {
  if (!shown.certificate && config.certificates == ClientCertificates::kRequired)
    return Refused("it has no certificate");
  // Else it could choose its name, and with that whose address and networks it gets.
  if (shown.certificate && shown.common_name.empty())
    return Refused("its certificate has no common name");
  return {};
}

std::expected<void, std::string> judge_login(const ServerConfig& config, const Shown& shown) {
  const LoginCheck& login = config.login;
  if (!login.users) {
    if (!shown.certificate) return Refused("it has no certificate, and no password is checked");
    return {};
  }
  switch (shown.proof) {
    case LoginProof::kNone:
      if (!login.optional) return Refused("it gave no user name and password");
      if (!shown.certificate) return Refused("it has neither a certificate nor a password");
      return {};
    case LoginProof::kUnchecked:
      return Refused("its password was not checked");
    case LoginProof::kWrong:
      return Refused("its password is wrong");
    case LoginProof::kPassword:
    case LoginProof::kToken:
      if (!login.users->contains(shown.username))
        return Refused("auth-user-file does not have its user name");
      return {};
  }
  return Refused("its login is of no kind");
}

}  // namespace

std::expected<std::string, std::string> name_if_admitted(const ServerConfig& config,
                                                         const Shown& shown) {
  if (const auto fit = judge_certificate(config, shown); !fit) return Refused(fit.error());
  if (const auto fit = judge_login(config, shown); !fit) return Refused(fit.error());
  const bool by_user = config.login.name_from_user || !shown.certificate;
  const std::string& name = by_user && is_proven(shown.proof) ? shown.username : shown.common_name;
  if (name.empty()) return Refused("it has no name");
  return name;
}

std::expected<const ClientConfig*, std::string> client_config_of(const ServerConfig& config,
                                                                 std::string_view name) {
  const auto& clients = config.clients;
  const std::string file = client_file_name(name);
  // Such files are not read, so what one says would be void.
  if (config.has_client_folder && file.starts_with('.'))
    return Refused("its name begins with a dot, and client-config-dir has no such files");
  auto found = clients.find(file);
  if (found == clients.end()) found = clients.find(kDefaultClient);
  if (found == clients.end()) {
    if (config.only_listed_clients)
      return Refused("client-config-dir does not know it, and ccd-exclusive asks");
    return nullptr;
  }
  const ClientConfig& client = found->second;
  if (!client.problem.empty())
    return Refused("its file in client-config-dir cannot be used: " + client.problem);
  if (client.disabled) return Refused("its file in client-config-dir disables it");
  return &client;
}

std::string client_file_name(std::string_view name) {
  std::string spelled(name);
  std::ranges::replace_if(
      spelled, [](unsigned char c) { return c < 0x20 || c >= 0x7f || c == '/'; }, '_');
  return spelled;
}

}  // namespace sallyport::openvpn
