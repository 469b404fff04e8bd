#include "openvpn/server/listener.h"

#include <algorithm>

#include "base/endian.h"
#include "base/hex.h"
#include "openvpn/profile/printable.h"
#include "openvpn/wire/early_negotiation.h"

namespace sallyport::openvpn {
namespace {

// A log line for each refused key, until somebody has so many keys that it is an attack.
constexpr std::size_t kMostTold = 256;

SessionId new_session_id(base::Rng& rng) {
  std::uint64_t value = 0;
  while (value == 0) value = base::random_value<std::uint64_t>(rng);
  return SessionId(value);
}

// Of tls-crypt: the counter behind the header, in clear, and authenticated since.
bool shows_early_negotiation(base::Bytes packet) {
  return openvpn::shows_early_negotiation(base::load_u32(packet, ControlHeader::kSize));
}

std::string named(const UnwrappedClientKey& key) {
  const KeyMetadata metadata = parse_metadata(key.metadata);
  const auto* user = std::get_if<UserMetadata>(&metadata);
  return user == nullptr ? std::string() : " (" + printable(base::text_of(user->bytes)) + ")";
}

ControlWrapper make_wrapper(const std::variant<PlainWrap, TlsAuthWrap, TlsCryptWrap>& wrap) {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap))
    return ControlWrapper::tls_auth(auth->key, auth->direction, auth->digest);
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap))
    return ControlWrapper::tls_crypt(crypt->key, Role::kServer, 1);
  return ControlWrapper::plain();
}

// What the third packet may be: the client's message 1, or an acknowledgement alone, with our
// message 0 acknowledged.
bool is_third(const ControlBody& body) {
  return !body.acks.empty() &&
         std::ranges::all_of(body.acks.ids(), [](MessageId id) { return id <= MessageId(1); }) &&
         (!body.message_id || *body.message_id <= MessageId(1));
}

}  // namespace

Listener::Listener(const ServerWraps& wraps, const KeyPolicy& policy,
                   const ListenerOptions& options, base::Bytes cookie_key, base::Rng& rng)
    : wraps_(wraps),
      policy_(policy),
      force_cookie_(options.force_cookie),
      rng_(rng),
      cookies_(cookie_key, options.hand_window),
      resets_(options.resets, options.resets_period) {
  if (wraps_.other) door_.emplace(make_wrapper(*wraps_.other));
}

Listener::Outcome Listener::handle_datagram(base::Now now, const Path& path,
                                            base::MutableBytes packet) {
  const auto header = ControlHeader::parse(packet);
  if (!header) return header.error();
  if (header->key_id != KeyId{}) return DropReason::kBadKeyId;
  switch (header->opcode) {
    case Opcode::kControlHardResetClientV2:
    case Opcode::kControlHardResetClientV3:
      return handle_reset(now, path, *header, packet);
    case Opcode::kControlV1:
    case Opcode::kAckV1:
    case Opcode::kControlWkcV1:
      return handle_third(now, path, *header, packet);
    default:
      return DropReason::kBadOpcode;
  }
}

Listener::Outcome Listener::handle_stream(base::Now now, base::MutableBytes packet) {
  const auto header = ControlHeader::parse(packet);
  if (!header) return header.error();
  if (header->opcode != Opcode::kControlHardResetClientV2 &&
      header->opcode != Opcode::kControlHardResetClientV3) {
    return DropReason::kBadOpcode;
  }
  if (header->key_id != KeyId{}) return DropReason::kBadKeyId;
  auto unwrapped = unwrap(now, *header, packet);
  if (!unwrapped) return unwrapped.error();
  if (unwrapped->body.message_id != MessageId(0)) return DropReason::kBadAcks;
  return newcomer(now, *header, std::move(*unwrapped), new_session_id(rng_),
                  /*after_cookie=*/false);
}

Listener::Outcome Listener::handle_reset(base::Now now, const Path& path,
                                         const ControlHeader& header, base::MutableBytes packet) {
  // Before anything that costs: when nobody is answered, nothing needs to be looked at.
  if (!resets_.has_room(now.mono)) return DropReason::kRateLimited;
  auto unwrapped = unwrap(now, header, packet);
  if (!unwrapped) return unwrapped.error();
  if (unwrapped->body.message_id != MessageId(0) || !unwrapped->body.acks.empty())
    return DropReason::kBadAcks;
  resets_.take();
  if (unwrapped->key && !shows_early_negotiation(packet)) {
    if (force_cookie_) return DropReason::kNoCookie;
    return newcomer(now, header, std::move(*unwrapped), new_session_id(rng_),
                    /*after_cookie=*/false);
  }
  return reply_to(now, header, cookies_.make(now.mono, path, header.session), *unwrapped);
}

Listener::Outcome Listener::handle_third(base::Now now, const Path& path,
                                         const ControlHeader& header, base::MutableBytes packet) {
  auto unwrapped = unwrap(now, header, packet);
  if (!unwrapped) return unwrapped.error();
  if (!is_third(unwrapped->body)) return DropReason::kBadSession;
  const SessionId cookie = unwrapped->body.acked_session;
  if (!cookies_.is_good(now.mono, path, header.session, cookie)) return DropReason::kBadCookie;
  return newcomer(now, header, std::move(*unwrapped), cookie, /*after_cookie=*/true);
}

std::expected<Listener::Unwrapped, DropReason> Listener::unwrap(base::Now now,
                                                                const ControlHeader& header,
                                                                base::MutableBytes packet) {
  if (brings_wrapped_key(header.opcode)) return unwrap_with_key(now, header, packet);
  if (!door_) return std::unexpected(DropReason::kBadSession);
  const auto bytes = door_->unwrap_first(packet);
  if (!bytes) return std::unexpected(bytes.error());
  const auto body = ControlBody::parse(header.opcode, *bytes);
  if (!body) return std::unexpected(body.error());
  ControlWrapper wrapper = make_wrapper(*wraps_.other);
  wrapper.go_on_from(*door_);
  std::optional<StaticKey> key;
  if (const auto* auth = std::get_if<TlsAuthWrap>(&*wraps_.other)) key = auth->key.clone();
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&*wraps_.other)) key = crypt->key.clone();
  return Unwrapped{std::move(wrapper), std::move(key), std::nullopt, *body};
}

std::expected<Listener::Unwrapped, DropReason> Listener::unwrap_with_key(
    base::Now now, const ControlHeader& header, base::MutableBytes packet) {
  if (!wraps_.tls_crypt_v2) return std::unexpected(DropReason::kBadOpcode);
  const auto wrapped_key = trailing_wrapped_key(packet);
  if (!wrapped_key) return std::unexpected(DropReason::kTooShort);
  auto key = wraps_.tls_crypt_v2->unwrap(*wrapped_key);
  if (!key) return std::unexpected(DropReason::kWrapFailed);
  ControlWrapper wrapper = ControlWrapper::tls_crypt(key->key, Role::kServer, 1);
  const auto bytes = wrapper.unwrap(packet.first(packet.size() - wrapped_key->size()));
  if (!bytes) return std::unexpected(bytes.error());
  const auto body = ControlBody::parse(header.opcode, *bytes);
  if (!body) return std::unexpected(body.error());
  // Only now is it sure that this client has the key, and did not just see it pass by.
  const KeyPolicy::Verdict verdict = policy_.judge(*key, now.wall);
  if (verdict != KeyPolicy::Verdict::kGood) {
    note_refusal(*key, verdict);
    return std::unexpected(DropReason::kKeyRefused);
  }
  StaticKey wrap_key = key->key.clone();
  return Unwrapped{std::move(wrapper), std::move(wrap_key), std::move(*key), *body};
}

Listener::Reply Listener::reply_to(base::Now now, const ControlHeader& header, SessionId cookie,
                                   Unwrapped& unwrapped) {
  ControlBody body;
  body.acks = AckList{MessageId(0)};
  body.acked_session = header.session;
  body.message_id = MessageId(0);
  if (unwrapped.key) body.payload = kAskForWrappedKey;
  return {unwrapped.wrapper.wrap(now, {Opcode::kControlHardResetServerV2, KeyId{}, cookie},
                                 body.serialize())};
}

Listener::Newcomer Listener::newcomer(base::Now now, const ControlHeader& header,
                                      Unwrapped unwrapped, SessionId local, bool after_cookie) {
  // The reset with the cookie was the first packet under this wrap, whoever remembers it.
  if (after_cookie) unwrapped.wrapper.skip_packet_id(now);
  AcceptedClient client{.local = local,
                        .peer = header.session,
                        .wrapper = std::move(unwrapped.wrapper),
                        .wrap_key = std::move(unwrapped.wrap_key),
                        .has_wrapped_key = unwrapped.key.has_value(),
                        .after_cookie = after_cookie};
  return {std::move(client), header, unwrapped.body, std::move(unwrapped.key)};
}

void Listener::note_refusal(const UnwrappedClientKey& key, KeyPolicy::Verdict verdict) {
  const KeyFingerprint fingerprint = fingerprint_of(key.key);
  if (told_.size() >= kMostTold || !told_.insert(fingerprint).second) return;
  refusals_.push_back("a client's tls-crypt-v2 key " + base::hex_encode(fingerprint) + named(key) +
                      " is refused: " + std::string(describe(verdict)));
}

std::optional<std::string> Listener::poll_refusal() {
  if (refusals_.empty()) return std::nullopt;
  std::string text = std::move(refusals_.front());
  refusals_.pop_front();
  return text;
}

}  // namespace sallyport::openvpn
