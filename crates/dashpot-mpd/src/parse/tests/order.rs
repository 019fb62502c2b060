//! Children in the wrong order come out in the schema's.

use crate::parse;
use expect_test::expect_file;

/// Children of each element that has an order, nearly all in reverse.
const DISORDERED: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:x" xmlns:xlink="http://www.w3.org/1999/xlink" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" mediaPresentationDuration="PT4S">
  <x:foreign/>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/time"/>
  <SupplementalProperty schemeIdUri="urn:s"/>
  <EssentialProperty schemeIdUri="urn:e"/>
  <Metrics metrics="BufferLevel"><Reporting schemeIdUri="urn:r"/></Metrics>
  <Period id="1">
    <x:foreign/>
    <Preselection preselectionComponents="1"/>
    <GroupLabel>group</GroupLabel>
    <SupplementalProperty schemeIdUri="urn:s"/>
    <Subset contains="1"/>
    <AdaptationSet id="1" mimeType="video/mp4">
      <Representation id="v" bandwidth="1">
        <SegmentTemplate media="$Time$">
          <BitstreamSwitching sourceURL="b"/>
          <SegmentTimeline><x:foreign/><S t="0" d="4"/></SegmentTimeline>
          <FailoverContent><FCS t="0"/></FailoverContent>
          <Initialization sourceURL="i"/>
        </SegmentTemplate>
        <SubRepresentation level="1"/>
        <x:foreign/>
        <Resync dT="1"/>
      </Representation>
      <SegmentTemplate duration="4"/>
      <BaseURL>a/</BaseURL>
      <ContentComponent id="1"/>
      <Viewpoint schemeIdUri="urn:v"/>
      <Rating schemeIdUri="urn:r"/>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Accessibility schemeIdUri="urn:a"/>
      <x:foreign/>
      <Resync dT="1"/>
      <ProducerReferenceTime id="1" wallClockTime="2026-01-01T00:00:00Z" presentationTime="0"/>
      <Label>one</Label>
      <Switching interval="1"/>
      <InbandEventStream schemeIdUri="urn:i"/>
      <SupplementalProperty schemeIdUri="urn:s"/>
      <EssentialProperty schemeIdUri="urn:e"/>
      <ContentProtection schemeIdUri="urn:c"/>
      <AudioChannelConfiguration schemeIdUri="urn:c" value="2"/>
      <FramePacking schemeIdUri="urn:f"/>
    </AdaptationSet>
    <EventStream schemeIdUri="urn:e"><x:foreign/><SupplementalProperty schemeIdUri="urn:s"/><Event>text &amp; <x:more/><EssentialProperty schemeIdUri="urn:e"/></Event></EventStream>
    <AssetIdentifier schemeIdUri="urn:a"/>
    <BaseURL>p/</BaseURL>
  </Period>
  <ContentProtection schemeIdUri="urn:c"/>
  <InitializationGroup id="3">1 2</InitializationGroup>
  <ServiceDescription id="0"><Latency target="3500"/><ContentSteering defaultServiceLocation="near">https://steer.example/</ContentSteering></ServiceDescription>
  <PatchLocation ttl="10">patch</PatchLocation>
  <Location>here</Location>
  <BaseURL>base/</BaseURL>
  <ProgramInformation><Copyright>c</Copyright><Title>t</Title></ProgramInformation>
</MPD>"#;

#[test]
fn every_child_goes_to_the_place_that_the_schema_gives_it() {
    let (mpd, warnings) = parse(DISORDERED).unwrap();
    assert_eq!(warnings, []);
    let written = mpd.write();
    expect_file!["order.mpd"].assert_eq(&written);
    assert_eq!(parse(&written).unwrap().0, mpd);
}
