use super::*;

fn check(typed: &str, expected: &str) {
    let got = for_flows(typed).unwrap_or_else(|error| error.to_string());
    assert_eq!(got, expected, "{typed}");
}

#[test]
fn what_hashes_hashes_addresses_and_ports_unless_told_otherwise() {
    check("maglev", "maglev:key=given");
    check("ring:points=7", "ring:points=7,key=given");
    check("bounded:bound=1.5", "bounded:bound=1.5,key=given");
    check("maglev:key=client", "maglev:key=client");
    check("ip-hash", "ip-hash");
    check("p2c:decay=5s", "p2c:decay=5s");
    let wanted = "given (addresses and ports), client or network: there are no URLs here";
    check("maglev:key=directory", &format!("`key=directory`: it is {wanted}"));
    check("p2c:decay=5", "`decay=5`: it is a span from 1ms to 1h");
}

#[tokio::test]
async fn a_backend_that_changes_its_address_keeps_its_place_and_not_its_connections() {
    let spec = |text: &str| text.parse::<BackendSpec>().unwrap();
    let config = Config {
        backends: vec![spec("127.0.0.1:1,name=a")],
        check: crate::Check::Off,
        ..Config::new()
    };
    let pool = Pool::new(&config, Clock::system(), Arc::new(Stats::new())).unwrap();
    let flow = Flow { source: ([127, 0, 0, 1], 7).into(), destination: ([127, 0, 0, 1], 9).into() };
    let ask = Ask { flow: &flow, tried: &[], is_traced: true };
    let Picked { backend: before, choice } = pool.choose(&ask).unwrap();
    assert_eq!(choice.unwrap().key.as_deref(), Some("127.0.0.1:7>127.0.0.1:9"));
    pool.put(spec("127.0.0.1:2,name=a"));
    assert_eq!(pool.choose(&ask).unwrap().backend.spec.addr.port(), 2);
    // It ends where it is not known any more, which must not be laid to the other one.
    pool.ended(&before, Duration::ZERO, Some(Failure::Closed));
    assert_eq!(pool.shown()[0].against, None);
    assert!(pool.remove("a") && !pool.remove("a") && !pool.has_any());
    assert!(pool.choose(&ask).is_none());
}
