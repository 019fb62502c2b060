//! The order of children that the schema asks for.

use crate::Element;

/// Where elements of other namespaces go.
const FOREIGN: &str = "*";

/// The children of each element in the order of the 6th edition's schema.
///
/// The second column of an element derived from another begins with the other's children.
const ORDER: &[(&str, &[&str])] = &[
    (
        "MPD",
        &[
            "ProgramInformation",
            "BaseURL",
            "Location",
            "PatchLocation",
            "ServiceDescription",
            "InitializationSet",
            "InitializationGroup",
            "InitializationPresentation",
            "ContentProtection",
            "Period",
            "Metrics",
            "EssentialProperty",
            "SupplementalProperty",
            "UTCTiming",
            "LeapSecondInformation",
            FOREIGN,
        ],
    ),
    ("ProgramInformation", &["Title", "Source", "Copyright", FOREIGN]),
    (
        "Period",
        &[
            "ImportedMPD",
            "BaseURL",
            "SegmentBase",
            "SegmentList",
            "SegmentTemplate",
            "AssetIdentifier",
            "EventStream",
            "ServiceDescription",
            "ContentProtection",
            "AdaptationSet",
            "Subset",
            "SupplementalProperty",
            "EmptyAdaptationSet",
            "GroupLabel",
            "Preselection",
            FOREIGN,
        ],
    ),
    (
        "AdaptationSet",
        &[
            "FramePacking",
            "AudioChannelConfiguration",
            "ContentProtection",
            "OutputProtection",
            "EssentialProperty",
            "SupplementalProperty",
            "InbandEventStream",
            "Switching",
            "RandomAccess",
            "GroupLabel",
            "Label",
            "ProducerReferenceTime",
            "ContentPopularityRate",
            "Resync",
            "SegmentSequenceProperties",
            FOREIGN,
            "Accessibility",
            "Role",
            "Rating",
            "Viewpoint",
            "ContentComponent",
            "BaseURL",
            "SegmentBase",
            "SegmentList",
            "SegmentTemplate",
            "Representation",
        ],
    ),
    (
        "Representation",
        &[
            "FramePacking",
            "AudioChannelConfiguration",
            "ContentProtection",
            "OutputProtection",
            "EssentialProperty",
            "SupplementalProperty",
            "InbandEventStream",
            "Switching",
            "RandomAccess",
            "GroupLabel",
            "Label",
            "ProducerReferenceTime",
            "ContentPopularityRate",
            "Resync",
            "SegmentSequenceProperties",
            FOREIGN,
            "BaseURL",
            "ExtendedBandwidth",
            "SubRepresentation",
            "SegmentBase",
            "SegmentList",
            "SegmentTemplate",
        ],
    ),
    ("SegmentBase", &["Initialization", "RepresentationIndex", "FailoverContent", FOREIGN]),
    (
        "SegmentList",
        &[
            "Initialization",
            "RepresentationIndex",
            "FailoverContent",
            FOREIGN,
            "SegmentTimeline",
            "BitstreamSwitching",
            "SegmentURL",
        ],
    ),
    (
        "SegmentTemplate",
        &[
            "Initialization",
            "RepresentationIndex",
            "FailoverContent",
            FOREIGN,
            "SegmentTimeline",
            "BitstreamSwitching",
            "Pattern",
        ],
    ),
    ("SegmentTimeline", &["S", FOREIGN]),
    (
        "EventStream",
        &["Event", "ServiceDescription", "EssentialProperty", "SupplementalProperty", FOREIGN],
    ),
    (
        "Event",
        &[
            "SelectionInfo",
            "ServiceDescription",
            "InsertPresentation",
            "ReplacePresentation",
            "SupplementalProperty",
            "EssentialProperty",
            FOREIGN,
        ],
    ),
];

/// Sorts the children of an element called `parent`, keeping the order of those that share a
/// name. What the schema does not know goes last.
pub(crate) fn sort(parent: &str, children: &mut [Element]) {
    let order = ORDER.iter().find(|(name, _)| *name == parent).map_or(&[][..], |(_, order)| order);
    children.sort_by_key(|child| {
        let name = if child.is_foreign() { FOREIGN } else { child.name.as_str() };
        order.iter().position(|known| *known == name).unwrap_or(order.len())
    });
}
