//! livesim2's keys of what goes wrong, read as faults of the path.

use crate::{
    catalogue::{Asset, Kind},
    grammar::{Options, Service, seconds},
    live::{reel::Reel, settings::to_ms},
};

/// Faults that one key may come to: as many as a path takes.
const FAULTS_MAX: usize = 8;
/// The longest cycle in seconds: a day.
const CYCLE_S_MAX: u64 = 86_400;
/// How long livesim2 keeps who asks waiting: where it is slow, and where it hangs.
const SLOW: &str = "delay_2s";
const HANGS: &str = "delay_10s";

/// Reads `[{cycle:30,rsq:0,code:404,rep:video}]`: in each cycle of so many seconds since time zero the segment of
/// that place, from 0, has that status.
///
/// # Errors
/// Says what does not fit; nothing where it is no such list at all.
pub(super) fn status_codes(
    asset: &Asset,
    options: &[&str],
    start_number: u64,
    value: &str,
) -> Result<Vec<String>, String> {
    let value = unescaped(value).ok_or("it is no list")?;
    let list = value.strip_prefix("[{").and_then(|list| list.strip_suffix("}]"));
    let list: Vec<&str> = list.ok_or("it is no list")?.split("},{").collect();
    if FAULTS_MAX < list.len() {
        return Err(format!("{FAULTS_MAX} are the most"));
    }
    let given =
        options.iter().try_fold(Options::default(), |all, one| all.with(Service::Live, one));
    let given = given.map_err(|error| error.to_string())?;
    let reel = Reel::of(asset, &given).map_err(|error| error.to_string())?;
    let each_ms = reel.each().map(|each| to_ms(each.into(), reel.timescale()));
    let each_ms = each_ms.filter(|each| 0 < *each).ok_or("segments differ in length")?;
    list.into_iter().map(|one| status_code(asset, (each_ms, start_number), one)).collect()
}

fn status_code(asset: &Asset, (each_ms, start): (u64, u64), text: &str) -> Result<String, String> {
    let (mut cycle, mut place, mut code, mut rep) = (None, 0, None, String::new());
    for pair in text.split(',') {
        let (name, value) = pair.split_once(':').ok_or(format!("`{pair}` is no pair"))?;
        let number = value.parse::<u64>().map_err(|_| format!("`{pair}` has no such value"));
        match name.trim() {
            "cycle" => cycle = Some(number?),
            "rsq" => place = number?,
            "code" => code = Some(number?),
            "rep" => rep = reps(asset, value)?,
            _ => return Err(format!("`{name}` is none of cycle, rsq, code and rep")),
        }
    }
    let code = code.filter(|code| (400..=599).contains(code)).ok_or("`code` is 400 to 599")?;
    let cycle = cycle.filter(|cycle| (1..=CYCLE_S_MAX).contains(cycle));
    let cycle_ms = cycle.ok_or("`cycle` is 1 to 86400 seconds")? * 1_000;
    let count = cycle_ms / each_ms;
    if !cycle_ms.is_multiple_of(each_ms) || count <= place {
        let each = seconds(each_ms);
        return Err(format!(
            "`cycle` must have whole segments, of {each}s here, and more of them than `rsq`"
        ));
    }
    let shift = (place + start % count) % count;
    Ok(format!("fault_status_{code},every_{count},shift_{shift}{rep}"))
}

/// Returns the tracks whose ids have a text in them, or all of a kind.
fn reps(asset: &Asset, text: &str) -> Result<String, String> {
    if ["*", ""].contains(&text) {
        return Ok(String::new());
    }
    let is_meant = |kind: Kind, id: &str| match text {
        "video" => matches!(kind, Kind::Video { .. }),
        "audio" => matches!(kind, Kind::Audio { .. }),
        _ => id.contains(text),
    };
    let meant = asset.tracks().iter().filter(|track| is_meant(track.kind, &track.id));
    let ids: Vec<&str> = meant.map(|track| track.id.as_str()).collect();
    match ids.as_slice() {
        [] => Err(format!("there is no track `{text}`")),
        ids => Ok(format!(",rep_{}", ids.join("+"))),
    }
}

/// Reads `u20d10s5h5`: for 20 s all is well, for 10 s nothing is there, for 5 s all is slow and for 5 s all hangs,
/// over and over since 1970.
pub(super) fn traffic(value: &str) -> Option<Vec<String>> {
    let mut spans: Vec<(char, u64)> = Vec::new();
    let mut rest = value;
    while let Some(state) = rest.chars().next() {
        rest = rest.get(1..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length =
            rest.get(..digits)?.parse().ok().filter(|length| (1..=CYCLE_S_MAX).contains(length))?;
        rest = rest.get(digits..)?;
        spans.push((state, length));
    }
    let cycle = spans.iter().map(|(_, length)| length).sum::<u64>();
    if spans.is_empty() || spans.len() > FAULTS_MAX || CYCLE_S_MAX < cycle {
        return None;
    }
    let (mut faults, mut from) = (Vec::new(), 0);
    for (state, length) in spans {
        let after = if from == 0 { String::new() } else { format!(",after_{from}s") };
        let when = if length == cycle {
            String::new()
        } else {
            format!(",cycle_{cycle}s,down_{length}s{after}")
        };
        let what: &[&str] = match state {
            'u' => &[],
            'd' => &["status_404"],
            's' => &[SLOW],
            'h' => &[HANGS, "status_503"],
            _ => return None,
        };
        faults.extend(what.iter().map(|what| format!("fault_{what},on_init+segment{when}")));
        from += length;
    }
    (faults.len() <= FAULTS_MAX).then_some(faults)
}

/// Returns a text without percent-encoding (RFC 3986 §2.1), of ASCII alone.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let byte = u8::from_str_radix(part.get(..2)?, 16).ok().filter(u8::is_ascii_graphic)?;
        out.push(char::from(byte));
        out.push_str(part.get(2..)?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_place_in_a_cycle_is_a_number_with_a_rest() {
        let asset = fixture::clip(6);
        let check = |options: &[&str], start, value: &str, expected: Result<&[&str], &str>| {
            let found = status_codes(&asset, options, start, value);
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{value}"),
                (Err(found), Err(expected)) => {
                    assert!(found.contains(expected), "{value}: {found}");
                }
                _ => panic!("{value}: {found:?}"),
            }
        };
        let one = "[{cycle:30,rsq:0,code:404}]";
        check(&[], 1, one, Ok(&["fault_status_404,every_15,shift_1"]));
        check(&["seg_6s"], 0, one, Ok(&["fault_status_404,every_5,shift_0"]));
        check(
            &[],
            14,
            "[{cycle:30,rsq:3,code:503,rep:*}]",
            Ok(&["fault_status_503,every_15,shift_2"]),
        );
        check(
            &[],
            0,
            "%5B%7Bcycle:10,rsq:1,code:404,rep:video%7D,%7Bcycle:4,rsq:0,code:500,rep:ko%7D%5D",
            Ok(&[
                "fault_status_404,every_5,shift_1,rep_v1+v2",
                "fault_status_500,every_2,shift_0,rep_a-ko",
            ]),
        );
        for (value, why) in [
            ("", "no list"),
            ("[{}]", "is no pair"),
            ("[{cycle:30}]", "`code` is 400 to 599"),
            ("[{cycle:30,code:200}]", "`code` is 400 to 599"),
            ("[{cycle:0,code:404}]", "`cycle` is 1 to 86400"),
            ("[{cycle:31,code:404}]", "whole segments, of 2s here"),
            ("[{cycle:30,rsq:15,code:404}]", "more of them than `rsq`"),
            ("[{cycle:30,rsq:-1,code:404}]", "`rsq:-1` has no such value"),
            ("[{cycle:30,code:404,rep:V300}]", "no track `V300`"),
            ("[{cycle:30,code:404,of:1}]", "`of` is none"),
            ("[{cycle:30,code:404%", "no list"),
        ] {
            check(&[], 1, value, Err(why));
        }
    }

    #[test]
    fn a_pattern_is_a_cycle_of_faults() {
        let check = |value: &str, expected: Option<&[&str]>| {
            let found = traffic(value);
            let found: Option<Vec<&str>> =
                found.as_ref().map(|all| all.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), expected, "{value}");
        };
        check("u20", Some(&[]));
        check("d10", Some(&["fault_status_404,on_init+segment"]));
        check("d10u20", Some(&["fault_status_404,on_init+segment,cycle_30s,down_10s"]));
        check(
            "u20d10s5h5",
            Some(&[
                "fault_status_404,on_init+segment,cycle_40s,down_10s,after_20s",
                "fault_delay_2s,on_init+segment,cycle_40s,down_5s,after_30s",
                "fault_delay_10s,on_init+segment,cycle_40s,down_5s,after_35s",
                "fault_status_503,on_init+segment,cycle_40s,down_5s,after_35s",
            ]),
        );
        for wrong in ["", "u", "u0d1", "20u", "u20x1", "u20,d10", "é1", "u99999", "u20d"] {
            check(wrong, None);
        }
        check(&"d1u1".repeat(5), None);
    }
}
