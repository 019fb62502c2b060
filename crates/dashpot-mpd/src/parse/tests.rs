mod laws;
mod order;

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

/// Compares the warnings and what is written for an MPD with this attribute text and content.
fn check_odd(attributes: &str, content: &str, warnings: &[&str], expected: &Expect) {
    let text = format!("<MPD xmlns='urn:mpeg:dash:schema:mpd:2011' {attributes}>{content}</MPD>");
    check(&text, warnings, expected);
}

#[test]
fn what_cannot_be_read_is_kept_with_a_warning() {
    check_odd(
        "minBufferTime='P1M' publishTime='yesterday' type='odd' mediaPresentationDuration='PT5S'",
        "stray<Period><AdaptationSet width='-3' lang='en'><SegmentTemplate timescale='99999999999'/><SegmentTemplate media='b'/><Representation bandwidth='1e6' id='v'/></AdaptationSet></Period>",
        &[
            "MPD (byte 0): @type: `odd` is none of static, dynamic, list",
            "MPD (byte 0): @publishTime: `yesterday` is not an xs:dateTime such as 2026-01-31T12:00:00Z",
            "MPD (byte 0): @minBufferTime: `P1M` counts years or months, which have no fixed length",
            "MPD (byte 0): text where there should be none",
            "MPD/Period[1]/AdaptationSet[1] (byte 144): @width: `-3` is not a whole number from 0 to 4294967295",
            "MPD/Period[1]/AdaptationSet[1]/SegmentTemplate (byte 180): @timescale: `99999999999` is not a whole number from 0 to 4294967295",
            "MPD/Period[1]/AdaptationSet[1] (byte 144): a second SegmentTemplate is not read",
            "MPD/Period[1]/AdaptationSet[1]/Representation[1] (byte 250): @bandwidth: `1e6` is not a whole number from 0 to 18446744073709551615",
        ],
        &expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT5S" minBufferTime="P1M" publishTime="yesterday" type="odd">
              <Period>
                <AdaptationSet lang="en" width="-3">
                  <SegmentTemplate timescale="99999999999"/>
                  <SegmentTemplate media="b"/>
                  <Representation id="v" bandwidth="1e6"/>
                </AdaptationSet>
              </Period>
            </MPD>
        "#]],
    );
}

#[test]
fn namespaces_keep_their_meaning() {
    // Prefixed DASH loses its prefix; foreign elements declare what they need.
    let text = "<d:MPD xmlns:d='urn:mpeg:dash:schema:mpd:2011' xmlns='urn:other'><mine><d:Period/></mine><d:Period id='1'><Period/><none xmlns=''/><p:q xmlns:p='urn:p' p:r='s' xmlns='urn:q'><t/></p:q></d:Period></d:MPD>";
    let mpd = check(
        text,
        &[],
        &expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:d="urn:mpeg:dash:schema:mpd:2011">
          <Period id="1">
            <Period xmlns="urn:other"/>
            <none xmlns=""/>
            <p:q xmlns:p="urn:p" p:r="s">
              <t xmlns="urn:q"/>
            </p:q>
          </Period>
          <mine xmlns="urn:other">
            <Period xmlns="urn:mpeg:dash:schema:mpd:2011"/>
          </mine>
        </MPD>
    "#]],
    );
    assert_eq!(mpd.periods.len(), 1);
}

#[test]
fn text_and_attributes_are_escaped() {
    check_odd(
        "id='a&#10;b&#9;&#13;&quot;&lt;&amp;'",
        "<BaseURL> \n<![CDATA[a?b=1&c=]]>&#x32;<!-- no -->&amp;d </BaseURL><x:y xmlns:x='urn:x'>]]&gt;&#13;</x:y>",
        &[],
        &expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="a&#10;b&#9;&#13;&quot;&lt;&amp;">
              <BaseURL>a?b=1&amp;c=2&amp;d</BaseURL>
              <x:y xmlns:x="urn:x">]]&gt;&#13;</x:y>
            </MPD>
        "#]],
    );
}

/// Returns the error of something that is not an MPD, with its cause.
fn refusal(text: &[u8]) -> String {
    match parse(text) {
        Ok((mpd, _)) => panic!("{} was read as {mpd:?}", String::from_utf8_lossy(text)),
        Err(error) => error.to_string(),
    }
}

/// What is no MPD; `DASH` stands for the declaration of the namespace.
const NO_MPD: &[&str] = &[
    "",
    "hello",
    "{\"not\": \"xml\"}",
    "<html/>",
    "<MPD/>",
    "<MPD xmlns='urn:mpeg:dash:schema:mpd:2001'/>",
    "<mpd DASH/>",
    "<MPD DASH><Period></MPD>",
    "<MPD DASH><Period>",
    "<MPD DASH",
    "<MPD DASH/><MPD DASH/>",
    "<MPD DASH/>more",
    "<MPD DASH id='1' id='2'/>",
    "<MPD DASH id=1/>",
    "<MPD DASH id='&nope;'/>",
    "<MPD DASH>&nope;</MPD>",
    "<MPD DASH>&#0;</MPD>",
    "<MPD DASH><Period>&#1;</Period></MPD>",
    "<MPD DASH id='&#xFFFF;'/>",
    "<MPD DASH 9='1'/>",
    "<MPD DASH><Period><a:b/></Period></MPD>",
    "<MPD DASH a:b='1'/>",
    "<MPD DASH xmlns:a=''/>",
    "<!DOCTYPE MPD [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><MPD DASH>&b;</MPD>",
];

#[test]
fn what_is_no_mpd_is_refused_with_its_place() {
    let dash = "xmlns='urn:mpeg:dash:schema:mpd:2011'";
    let refusals: String = NO_MPD
        .iter()
        .map(|case| format!("{case}\n    {}\n", refusal(case.replace("DASH", dash).as_bytes())))
        .collect();
    expect![[r#"

            document (byte 0): the text ends before its root element
        hello
            document (byte 0): text outside of the root element
        {"not": "xml"}
            document (byte 0): text outside of the root element
        <html/>
            html (byte 0): the root is `html` of no namespace; it should be `MPD` of the namespace urn:mpeg:dash:schema:mpd:2011
        <MPD/>
            MPD (byte 0): the root is `MPD` of no namespace; it should be `MPD` of the namespace urn:mpeg:dash:schema:mpd:2011
        <MPD xmlns='urn:mpeg:dash:schema:mpd:2001'/>
            MPD (byte 0): the root is `MPD` of the namespace urn:mpeg:dash:schema:mpd:2001; it should be `MPD` of the namespace urn:mpeg:dash:schema:mpd:2011
        <mpd DASH/>
            mpd (byte 0): the root is `mpd`; it should be `MPD` of the namespace urn:mpeg:dash:schema:mpd:2011
        <MPD DASH><Period></MPD>
            MPD/Period (byte 51): not well-formed XML: ill-formed document: expected `</Period>`, but `</MPD>` was found
        <MPD DASH><Period>
            MPD/Period (byte 51): the text ends before its root element
        <MPD DASH
            document (byte 0): not well-formed XML: syntax error: tag not closed: `>` not found before end of input
        <MPD DASH/><MPD DASH/>
            document (byte 44): a second root element
        <MPD DASH/>more
            document (byte 44): text outside of the root element
        <MPD DASH id='1' id='2'/>
            document (byte 0): attribute `id` is given twice
        <MPD DASH id=1/>
            document (byte 0): not well-formed XML: error while parsing attribute: position 45: attribute value must be enclosed in `"` or `'`
        <MPD DASH id='&nope;'/>
            document (byte 0): not well-formed XML: at 1..5: unrecognized entity `nope`
        <MPD DASH>&nope;</MPD>
            MPD (byte 43): unknown entity `nope`
        <MPD DASH>&#0;</MPD>
            MPD (byte 43): not well-formed XML: invalid character reference: 0x0 character is not permitted in XML
        <MPD DASH><Period>&#1;</Period></MPD>
            MPD/Period (byte 51): character U+0001 is not allowed in XML
        <MPD DASH id='&#xFFFF;'/>
            document (byte 0): `id` has character U+FFFF, not allowed in XML
        <MPD DASH 9='1'/>
            document (byte 0): `9` is not an XML name
        <MPD DASH><Period><a:b/></Period></MPD>
            MPD/Period (byte 51): `a:b` has a prefix that no xmlns declares
        <MPD DASH a:b='1'/>
            document (byte 0): `a:b` has a prefix that no xmlns declares
        <MPD DASH xmlns:a=''/>
            document (byte 0): prefix `a` is bound to no namespace
        <!DOCTYPE MPD [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><MPD DASH>&b;</MPD>
            document (byte 0): a document type declaration is refused
    "#]].assert_eq(&refusals);
    let invalid = refusal(b"<MPD>\xFF</MPD>");
    assert_eq!(invalid, "byte 5 is not UTF-8, the one encoding that is read");
}

#[test]
fn sizes_are_bounded() {
    let mpd = |content: &str| format!("<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'>{content}</MPD>");
    let refused = |text: &str| parse(text).unwrap_err().to_string();
    let deep = "<a>".repeat(40);
    assert!(refused(&mpd(&deep)).ends_with("nested deeper than 32"));
    let attributes: String = (0..300).map(|n| format!(" a{n}=''")).collect();
    assert!(refused(&mpd(&format!("<a{attributes}/>"))).ends_with("more than 256 attributes"));
    let declarations: String = (0..100).map(|n| format!(" xmlns:a{n}='u'")).collect();
    let found = refused(&mpd(&format!("<a{declarations}/>")));
    assert!(found.ends_with("more than 64 namespaces in scope"), "{found}");
    assert!(refused(&mpd(&"<a/>".repeat(250_001))).ends_with("more than 250000 elements"));
    let large = mpd(&" ".repeat(16 << 20));
    assert!(refused(&large).ends_with("at most 16777216 are read"));
    // Ten megabytes of one text are within the bounds.
    let text = format!("<BaseURL>{}</BaseURL>", "a".repeat(10 << 20));
    assert_eq!(parse(mpd(&text)).unwrap().0.base_urls[0].url.len(), 10 << 20);
    let odd = mpd(&"<Period start='x'/>".repeat(1_000));
    assert_eq!(parse(odd).unwrap().1.len(), 100);
}
