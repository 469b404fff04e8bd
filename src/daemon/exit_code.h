#pragma once

namespace sallyport::daemon {

// The contract with scripts.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed =
    1;  // the thing failed or is not so; stderr says what, where and why
inline constexpr int kExitUsage = 2;

}  // namespace sallyport::daemon
