# A tree of name servers on port 53 of a network of its own, and the tools of others that judge it.
# Arguments: dashpot, an empty folder.
set -eu
dashpot=$1
cd "$2"
ip link set lo up

cat >root.zone <<'X'
$TTL 86400
@ SOA a.nic.test. host.nic.test. 1 1800 900 604800 3600
@ NS a.nic.test.
@ NS b.nic.test.
test. NS c.nic.test.
test. NS d.nic.test.
a.nic.test. A 127.53.0.1
b.nic.test. A 127.53.0.2
c.nic.test. A 127.53.1.1
d.nic.test. A 127.53.1.2
X
cat >test.zone <<'X'
$TTL 86400
@ SOA c.nic host.nic 1 14400 3600 604800 3600
@ NS c.nic
@ NS d.nic
a.nic A 127.53.0.1
b.nic A 127.53.0.2
c.nic A 127.53.1.1
d.nic A 127.53.1.2
ott NS ns1.ott
ott NS ns2.ott
ns1.ott A 127.53.2.1
ns2.ott A 127.53.3.1
X
cat >ott.zone <<'X'
$TTL 3600
@ SOA ns1 host 1 14400 3600 1209600 300
@ NS ns1
@ NS ns2
@ MX 10 mail
@ TXT "v=spf1 -all"
@ A 127.60.1.1
mail A 127.60.1.2
ns1 A 127.53.2.1
ns2 A 127.53.3.1
video 20 A 127.60.1.1
www CNAME video
*.wild TXT any
X
cat >servers.toml <<'X'
[[server]]
listen = ["127.53.0.1:53", "127.53.0.2:53"]
zone = [{ name = ".", file = "root.zone" }]

[[server]]
listen = ["127.53.1.1:53", "127.53.1.2:53"]
zone = [{ name = "test", file = "test.zone" }]

[[server]]
listen = ["127.53.2.1:53"]
transfer-to = ["127.0.0.0/8"]
notify = ["127.53.3.1:53"]
zone = [{ name = "ott.test", file = "ott.zone" }]

[[server]]
listen = ["127.53.3.1:53"]
zone = [{ name = "ott.test", primary = "127.53.2.1:53" }]
X
cat >unbound.conf <<X
server:
  interface: 127.53.9.1
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "$PWD"
  use-syslog: no
  do-not-query-localhost: no
  do-ip6: no
  root-hints: "hints"
  trust-anchor-file: "root.key"
  local-zone: "test." transparent
X
cat >hints <<'X'
. 3600000 NS a.nic.test.
. 3600000 NS b.nic.test.
a.nic.test. 3600000 A 127.53.0.1
b.nic.test. 3600000 A 127.53.0.2
X

# It prints its addresses once it answers on them.
coproc SERVERS { exec "$dashpot" dns serve --servers servers.toml --keys keys --make-keys; }
read -r -u "${SERVERS[0]}" _
"$dashpot" dns keygen . --out keys/root.pem | grep DNSKEY >root.key
unbound -d -c unbound.conf 2>unbound.err &
unbound=$!
trap 'kill $unbound $SERVERS_PID; wait || true' EXIT
until dig +time=5 +tries=1 @127.53.9.1 . NS >/dev/null; do kill -0 $unbound; done
# The secondary refuses until it has the zone.
until dig +norec +time=5 +tries=1 @127.53.3.1 ott.test SOA | grep -q 'status: NOERROR'; do
  kill -0 "$SERVERS_PID"
done

for question in 'video.ott.test A' 'www.ott.test A' 'x.wild.ott.test TXT' 'no.ott.test A' 'video.ott.test MX'; do
  echo "== unbound $question"
  # shellcheck disable=SC2086
  dig +dnssec +time=30 @127.53.9.1 $question
done
echo '== trace'
echo 'nameserver 127.53.9.1' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
dig +trace +nodnssec +time=30 @127.53.9.1 video.ott.test
if command -v drill >/dev/null; then
  echo '== drill'
  drill -S -k root.key @127.53.9.1 video.ott.test A
fi
if command -v zonemaster-cli >/dev/null; then
  for zone in ott.test test; do
    echo "== zonemaster $zone"
    zonemaster-cli --no-ipv6 --hints hints --level INFO --show-module --show-testcase $zone
  done
fi
echo '== end'
