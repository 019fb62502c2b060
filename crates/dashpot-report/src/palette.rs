//! Colours that can be told apart.

/// Red, green and blue, 0 to 255 each.
pub type Colour = (u8, u8, u8);

/// So many series have a colour of their own.
pub const COLOURED: usize = 7;

/// Okabe and Ito's colours for people who do not see all of them (2008), yellow and black left out:
/// one does not show on white, the other is the text's.
const COLOURS: [Colour; COLOURED] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
    (117, 76, 36),
];

/// Grey: for what is shown for comparison, behind the rest.
pub const QUIET: Colour = (170, 176, 184);

/// Returns the colour of the series `index`; grey for those that have none of their own.
#[must_use]
pub fn colour(index: usize) -> Colour {
    COLOURS.get(index).copied().unwrap_or(QUIET)
}
