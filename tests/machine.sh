# Sourced by tests/check, tests/demo and tests/bench: what a fresh machine needs before it can build and test.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# What was built in one folder serves the next clone, too.
export CCACHE_NOHASHDIR=1

apt_build="meson ninja-build g++ pkg-config ccache libevent-dev libssl-dev libxen-dev libcap-ng-dev liblz4-dev libseccomp-dev libcli11-dev libfmt-dev nlohmann-json3-dev doctest-dev python3"
apt_net="openvpn openssl nftables iproute2 iputils-ping procps ncat curl iperf3 tcpdump dnsmasq-base"
apt_count="valgrind"
apt_boot="mmdebstrap systemd-container debhelper dpkg-dev"
apt_packages="lintian rpm rpmlint shellcheck"
apt_clang="clang-19 libclang-rt-19-dev llvm-19"
dnf_build="meson ninja-build gcc-c++ pkgconf-pkg-config ccache libevent-devel openssl-devel xen-devel libcap-ng-devel lz4-devel libseccomp-devel cli11-devel fmt-devel json-devel doctest-devel python3"
dnf_net="openvpn openssl nftables iproute iputils procps-ng nmap-ncat curl iperf3 tcpdump dnsmasq"
dnf_count="valgrind"
dnf_boot="mmdebstrap systemd-container debhelper dpkg-dev"
dnf_packages="lintian rpm-build rpmlint ShellCheck"
dnf_clang="clang compiler-rt llvm"

fail() {
  echo "$0: $*" >&2
  exit 1
}

# need KIND...: installs what of these kinds (build, net, clang, count, boot, packages) is missing.
need() {
  local kind list missing=()
  if command -v apt-get >/dev/null; then
    for kind in "$@"; do
      list="apt_$kind"
      for package in ${!list}; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
      done
    done
    [ ${#missing[@]} = 0 ] && return
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    local say=/dev/null
    if ! apt-get install -y -q --no-install-recommends "${missing[@]}" >$say 2>&1; then
      apt-get update -q >$say && apt-get install -y -q --no-install-recommends "${missing[@]}" >$say ||
        fail "cannot install: ${missing[*]}"
    fi
  elif command -v dnf >/dev/null; then
    for kind in "$@"; do
      list="dnf_$kind"
      for package in ${!list}; do
        rpm -q "$package" >/dev/null 2>&1 || missing+=("$package")
      done
    done
    [ ${#missing[@]} = 0 ] && return
    echo "installing: ${missing[*]}"
    dnf install -y -q --setopt=install_weak_deps=False "${missing[@]}" >/dev/null || fail "cannot install: ${missing[*]}"
  else
    fail "neither apt-get nor dnf here"
  fi
}

need_root() {
  [ "$(id -u)" = 0 ] || fail "needs root: it makes network namespaces"
}

# build FOLDER [TARGET...] [-- MESON-OPTION...]: configures on first use, then builds.
build() {
  local folder=$1 targets=() options=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do targets+=("$1"); shift; done
  [ $# -gt 0 ] && shift && options=("$@")
  local log="$folder.log"
  [ -f "$folder/build.ninja" ] || meson setup "$folder" "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; fail "cannot configure $folder"; }
  ninja -C "$folder" "${targets[@]}" >"$log" 2>&1 || { grep -A12 -E '^FAILED|error' "$log" | head -60 >&2; fail "cannot build $folder, see $log"; }
  rm -f "$log"
}
