#!/bin/sh
# Makes the certificates that unit and simulation tests use, with the openssl program. Run once; the results are
# committed, so that tests are the same everywhere. All keys here are public: nothing real may trust them.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

new_ca() { # name subject
  new_key "$1.key"
  openssl req -x509 -new -key "$1.key" -subj "$2" -days $days -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# name subject extensions [further options of "openssl x509"]
issue() {
  name=$1 subject=$2 extensions=$3
  shift 3
  new_key "$name.key"
  printf '%b\n' "$extensions" > "$work/ext"
  openssl req -new -key "$name.key" -subj "$subject" -out "$work/csr"
  openssl x509 -req -in "$work/csr" -CA ca.crt -CAkey ca.key -extfile "$work/ext" -days $days "$@" -out "$name.crt" 2>/dev/null
}

server_ext='basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth'
client_ext='basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth'

new_ca ca "/C=FR/O=Sallyport tests/CN=Test CA"
new_ca other-ca "/C=FR/O=Sallyport tests/CN=Other CA"
issue server "/C=FR/O=Sallyport tests/CN=vpn.example.net" "$server_ext" -set_serial 0x10
issue client "/C=FR/O=Sallyport tests/CN=alice" "$client_ext" -set_serial 0x11
issue plain "/CN=plain.example.net" 'basicConstraints=CA:FALSE' -set_serial 0x12
issue netscape "/CN=old.example.net" 'nsCertType=server' -set_serial 0x13
issue two-names "/CN=first.example.net/CN=second.example.net" "$server_ext" -set_serial 0x14
issue revoked "/CN=revoked.example.net" "$server_ext" -set_serial 0x66
openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -subj "/CN=self.example.net" \
  -days $days -out self.crt -addext extendedKeyUsage=serverAuth 2>/dev/null

touch "$work/index"
printf '01\n' > "$work/crlnumber"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/crlnumber\ndefault_md=sha256\ndefault_crl_days=%s\n' \
  "$work" "$work" $days > "$work/ca.cnf"
openssl ca -config "$work/ca.cnf" -cert ca.crt -keyfile ca.key -revoke revoked.crt 2>/dev/null
openssl ca -config "$work/ca.cnf" -cert ca.crt -keyfile ca.key -gencrl -out ca.crl 2>/dev/null

openssl pkey -in client.key -aes256 -passout pass:secret -out encrypted.key
openssl ec -in client.key -aes256 -passout pass:secret -out encrypted-traditional.key 2>/dev/null
openssl pkcs8 -topk8 -in client.key -v1 PBE-MD5-DES -provider legacy -provider default -passout pass:secret -out encrypted-legacy.key
openssl pkcs12 -export -in client.crt -inkey client.key -certfile ca.crt -passout pass:secret | openssl base64 -out encrypted.p12.base64
openssl pkcs12 -export -in client.crt -inkey client.key -certfile ca.crt -passout pass: -out open.p12
