//! Sessions for people: a list, and of each one what it told over time. Without scripts.

use super::{Point, Session};
use crate::pages::escape;
use dashpot_base::WallTime;
use dashpot_http::date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// Size of a figure's panel in pixels.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 120.0;
/// Room for the figures beside and below it.
const LEFT: f64 = 70.0;
const BELOW: f64 = 24.0;

/// Returns the list.
pub(super) fn list(sessions: &[Session]) -> String {
    let mut page = begin("Sessions");
    if sessions.is_empty() {
        page.push_str(concat!(
            "<p>No player has told anything yet. In dash.js: <code>player.updateSettings(",
            "{ streaming: { cmcd: { enabled: true } } })</code>; events of CMCD 2 go to ",
            "<code>POST /cmcd</code>.</p>\n"
        ));
    } else {
        page.push_str(concat!(
            "<div class=\"scroll\">\n<table>\n<thead><tr><th>Session</th><th>Content</th>",
            "<th>Client</th><th>First</th><th>Last</th><th>Requests</th><th>Events</th>",
            "<th>Stalls</th></tr></thead>\n<tbody>\n"
        ));
    }
    for session in sessions {
        let link = utf8_percent_encode(&session.id, NON_ALPHANUMERIC);
        page.push_str(&format!(
            "<tr><td><a href=\"/sessions/{link}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&session.id),
            escape(session.content.as_deref().unwrap_or("")),
            session.client,
            date::print_rfc3339(session.first),
            date::print_rfc3339(session.last),
            session.requests,
            session.events,
            session.stalls,
        ));
    }
    if !sessions.is_empty() {
        page.push_str("</tbody>\n</table>\n</div>\n");
    }
    page.push_str("<p>The same for programs: <a href=\"/sessions.json\">sessions.json</a>.</p>\n");
    end(page)
}

/// Returns what one session told.
pub(super) fn one(session: &Session) -> String {
    let mut page = begin(&format!("Session {}", session.id));
    page.push_str("<p><a href=\"/sessions\">All sessions</a></p>\n<dl>\n");
    let version = session.version.map_or_else(|| "1".to_owned(), |version| version.to_string());
    for (name, value) in [
        ("Content", session.content.clone().unwrap_or_default()),
        ("Client", session.client.to_string()),
        ("CMCD version", version),
        ("Requests", session.requests.to_string()),
        ("Events", session.events.to_string()),
        ("Stalls", session.stalls.to_string()),
    ] {
        page.push_str(&format!("<dt>{name}</dt><dd>{}</dd>\n", escape(&value)));
    }
    page.push_str("</dl>\n");
    let points: Vec<&Point> = session.points.iter().collect();
    for (title, unit, value) in FIGURES {
        page.push_str(&figure(title, unit, &points, value));
    }
    page.push_str("<p>Red: the buffer had run dry.</p>\n<h2>What it told last</h2>\n");
    page.push_str("<div class=\"scroll\">\n<table>\n<thead><tr><th>Time</th><th>Event</th>");
    page.push_str("<th>State</th><th>kbit/s</th><th>Buffer, ms</th></tr></thead>\n<tbody>\n");
    for point in points.iter().rev().take(LAST) {
        let number = |number: Option<f64>| number.map_or_else(String::new, |n| format!("{n}"));
        page.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            date::print_rfc3339(point.at),
            escape(point.event.as_deref().unwrap_or("")),
            escape(point.state.as_deref().unwrap_or("")),
            number(point.bitrate_kbps),
            number(point.buffer_ms),
        ));
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
    end(page)
}

/// Points that are shown as text.
const LAST: usize = 50;

/// Title, unit and value of a figure.
type Figure = (&'static str, &'static str, fn(&Point) -> Option<f64>);

const FIGURES: [Figure; 3] = [
    ("Encoded bitrate", "kbit/s", |point| point.bitrate_kbps),
    ("Buffer", "ms", |point| point.buffer_ms),
    ("Measured throughput", "kbit/s", |point| point.throughput_kbps),
];

/// Draws one value over time, as steps, with the stalls behind it.
fn figure(title: &str, unit: &str, points: &[&Point], value: fn(&Point) -> Option<f64>) -> String {
    let values: Vec<(WallTime, f64)> =
        points.iter().filter_map(|point| Some((point.at, value(point)?))).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let highest = values.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let span = last.at.since(first.at).as_secs_f64().max(0.001);
    let x = |at: WallTime| LEFT + at.since(first.at).as_secs_f64() / span * WIDTH;
    let y = |value: f64| HEIGHT - value.max(0.0) / highest * HEIGHT;
    let mut out = format!(
        "<h2>{title}</h2>\n<svg viewBox=\"0 -8 {} {}\" role=\"img\" aria-label=\"{title}\">\n",
        LEFT + WIDTH + 8.0,
        HEIGHT + BELOW + 8.0,
    );
    for point in points.iter().filter(|point| point.is_starved) {
        let at = x(point.at);
        out.push_str(&format!(
            "<rect class=\"stall\" x=\"{:.1}\" y=\"0\" width=\"3\" height=\"{HEIGHT}\" fill=\"#d33\"/>\n",
            at - 1.5
        ));
    }
    let mut path = String::new();
    for (at, value) in &values {
        let step = if path.is_empty() { "M" } else { "H" };
        // Writing to a string cannot fail.
        match step {
            "M" => write!(path, "M{:.1} {:.1}", x(*at), y(*value)),
            _ => write!(path, "H{:.1}V{:.1}", x(*at), y(*value)),
        }
        .unwrap_or_default();
    }
    out.push_str(&format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"/>\n\
         <path d=\"M{LEFT} 0V{HEIGHT}H{}\" fill=\"none\" stroke=\"currentColor\" opacity=\"0.4\"/>\n\
         <g font-size=\"12\" fill=\"currentColor\"><text x=\"0\" y=\"8\">{highest:.0} {unit}</text>\
         <text x=\"0\" y=\"{HEIGHT}\">0</text><text x=\"{LEFT}\" y=\"{}\">0 s</text>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{span:.0} s</text></g>\n</svg>\n",
        LEFT + WIDTH,
        HEIGHT + 18.0,
        LEFT + WIDTH,
        HEIGHT + 18.0,
    ));
    out
}

fn begin(title: &str) -> String {
    let title = escape(title);
    format!(
        concat!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
            "<link rel=\"icon\" href=\"data:,\">\n",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n"
        ),
        title,
        include_str!("../pages/style.css"),
        title
    )
}

fn end(mut page: String) -> String {
    page.push_str("</main>\n</body>\n</html>\n");
    page
}
