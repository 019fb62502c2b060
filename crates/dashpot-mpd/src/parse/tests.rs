use crate::{Mpd, parse};
use expect_test::{Expect, expect};

/// Reads `text`, checks that writing loses nothing, and compares the warnings and what is written.
fn check(text: &str, warnings: &[&str], expected: &Expect) -> Mpd {
    let (mpd, found) = parse(text).unwrap();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, warnings);
    let written = mpd.write();
    expected.assert_eq(&written);
    assert_eq!(parse(&written).unwrap().0, mpd, "writing and reading again changed the MPD");
    mpd
}

#[test]
fn what_is_unknown_survives_in_the_schemas_order() {
    let text = r#"<?xml version="1.0"?>
<!-- gone -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:cenc="urn:mpeg:cenc:2013" xmlns:x="urn:x"
     profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" minBufferTime="PT2S"
     mediaPresentationDuration="PT0H1M0.500S" x:colour="red &amp; blue">
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:00:00Z"/>
  <x:extra>deep <x:inner a="1"/> mixed</x:extra>
  <Period id="p&lt;1">
    <AdaptationSet contentType="video" newAttribute="kept">
      <Representation id="v" bandwidth="1000"><Resync dT="5"/></Representation>
      <x:set/>
      <ContentProtection schemeIdUri="urn:uuid:0"><cenc:pssh>AAAA</cenc:pssh></ContentProtection>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
    </AdaptationSet>
  </Period>
  <ServiceDescription id="0"><ContentSteering defaultServiceLocation="a">https://s/</ContentSteering></ServiceDescription>
</MPD>"#;
    check(
        text,
        &[],
        &expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT1M0.5S" minBufferTime="PT2S" xmlns:cenc="urn:mpeg:cenc:2013" xmlns:x="urn:x" x:colour="red &amp; blue">
          <ServiceDescription id="0">
            <ContentSteering defaultServiceLocation="a">https://s/</ContentSteering>
          </ServiceDescription>
          <Period id="p&lt;1">
            <AdaptationSet contentType="video" newAttribute="kept">
              <ContentProtection schemeIdUri="urn:uuid:0">
                <cenc:pssh>AAAA</cenc:pssh>
              </ContentProtection>
              <x:set/>
              <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
              <Representation id="v" bandwidth="1000">
                <Resync dT="5"/>
              </Representation>
            </AdaptationSet>
          </Period>
          <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:00:00Z"/>
          <x:extra>deep <x:inner a="1"/> mixed</x:extra>
        </MPD>
    "#]],
    );
}
