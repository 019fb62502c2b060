//! Places on the Earth and how far apart they are.

/// The mean radius of the Earth in kilometres (IUGG 1980, R₁): on the sphere of that radius no
/// distance is wrong by more than half a percent.
const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// A place by its coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    latitude: f64,
    longitude: f64,
}

impl Place {
    /// Returns the place at so many degrees north and east, or `None` where there is none.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let is_one = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        is_one.then_some(Self { latitude, longitude })
    }

    /// Returns the length of the great circle's arc between both, in kilometres (haversine formula,
    /// which unlike the law of cosines is exact for places close to each other).
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        let (north, south) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_chord = |angle: f64| {
            let sine = libm::sin(angle / 2.0);
            sine * sine
        };
        let turn = (other.longitude - self.longitude).to_radians();
        let haversine =
            half_chord(south - north) + libm::cos(north) * libm::cos(south) * half_chord(turn);
        2.0 * EARTH_RADIUS_KM * libm::asin(haversine.sqrt().min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: (f64, f64), b: (f64, f64), expected_km: f64) {
        let place = |(latitude, longitude)| Place::new(latitude, longitude).unwrap();
        let distance = place(a).distance_km(place(b));
        assert!((distance - expected_km).abs() < 1.0, "{distance}");
        assert!((place(b).distance_km(place(a)) - distance).abs() < 1e-6);
    }

    #[test]
    fn distances_are_great_circles() {
        let (seoul, tokyo) = ((37.5665, 126.9780), (35.6762, 139.6503));
        check(seoul, seoul, 0.0);
        check(seoul, tokyo, 1_149.4);
        // Across the date line, over the pole, and to the other side.
        check((0.0, 179.5), (0.0, -179.5), 111.0);
        check((89.0, 0.0), (89.0, 180.0), 222.0);
        check((0.0, 0.0), (0.0, 180.0), 20_015.0);
        assert_eq!(Place::new(91.0, 0.0), None);
        assert_eq!(Place::new(0.0, f64::NAN), None);
    }
}
