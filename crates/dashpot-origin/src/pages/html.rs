//! The index: a page for people, without scripts.

use super::{Manifests, json::average_bps};
use dashpot_base::Bitrate;
use dashpot_packager::{Asset, Catalogue, Form, Kind, Track};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// What must be escaped in HTML text and in attributes between double quotes; as references in
/// decimal, so that one rule serves both.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '&' | '<' | '>' | '"' | '\'') {
            out.push_str(&format!("&#{};", u32::from(letter)));
        } else {
            out.push(letter);
        }
    }
    out
}

/// Returns the page; `host` is where the client reached this server, for links out of the page.
pub(crate) fn index(
    catalogue: &Catalogue,
    manifests: &Manifests,
    player: Option<&str>,
    host: Option<&str>,
) -> String {
    let play = Play { player, host };
    let mut page = String::from(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<link rel=\"icon\" href=\"data:,\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<title>dashpot origin</title>\n<style>\n",
        include_str!("style.css"),
        "</style>\n</head>\n<body>\n<main>\n<h1>dashpot origin</h1>\n",
        "<p>Options go before the manifest: <code>/vod/film/loop_3/seg_4s/number.mpd</code> plays ",
        "three times with segments of 4 s. The same list for programs: ",
        "<a href=\"/assets.json\">assets.json</a>. <a href=\"/urlgen\">Build a URL</a> from a form.</p>\n",
    ));
    for asset in catalogue.assets() {
        section(&mut page, asset, &play);
    }
    let mut names = manifests.names().peekable();
    if names.peek().is_some() {
        page.push_str("<section>\n<h2>Manifests written by hand</h2>\n<ul>\n");
        for name in names {
            item(&mut page, &play, &format!("/manifests/{name}"), name);
        }
        page.push_str("</ul>\n</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// How people play a manifest.
struct Play<'a> {
    player: Option<&'a str>,
    host: Option<&'a str>,
}

impl Play<'_> {
    /// Writes a link to the player, or where there is none the command that plays without one.
    fn write(&self, page: &mut String, path: &str) {
        let Some(host) = self.host else { return };
        let url = format!("http://{host}{path}");
        let Some(player) = self.player else {
            push(page, format_args!(" <code>dashpot play {}</code>", escape(&url)));
            return;
        };
        let joint = if player.contains('?') { '&' } else { '?' };
        let link = format!("{player}{joint}mpd={}", utf8_percent_encode(&url, NON_ALPHANUMERIC));
        let (link, label) = (escape(&link), escape(&format!("Play {path}")));
        push(
            page,
            format_args!("<a class=\"play\" href=\"{link}\" aria-label=\"{label}\">Play</a>"),
        );
    }
}

fn section(page: &mut String, asset: &Asset, play: &Play<'_>) {
    let seconds = asset.period().as_duration().as_secs_f64();
    page.push_str("<section>\n");
    push(page, format_args!("<h2>{}</h2>\n", escape(&asset.title)));
    push(page, format_args!("<p><code>{}</code>, {seconds} s", escape(&asset.name)));
    if let Some(gop) = asset.gop() {
        push(page, format_args!(", GOP of {} s", gop.as_duration().as_secs_f64()));
    }
    page.push_str("</p>\n<ul>\n");
    for form in Form::VOD {
        let path = format!("/vod/{}/{}.mpd", asset.name, form.name());
        item(page, play, &path, form.name());
    }
    for form in Form::LIVE {
        let path = format!("/live/{}/{}.mpd", asset.name, form.name());
        item(page, play, &path, &format!("live {}", form.name()));
    }
    // The page that plays MPDs plays no playlists.
    for (service, name) in [("vod", "HLS"), ("live", "live HLS")] {
        let link = format!("/{service}/{}/hls.m3u8", asset.name);
        push(page, format_args!("<li><a href=\"{}\">{name}</a></li>\n", escape(&link)));
    }
    page.push_str(
        "</ul>\n<div class=\"scroll\">\n<table>\n<thead><tr><th>Track</th><th>Content</th>",
    );
    page.push_str(
        "<th>Codec</th><th>Language</th><th>Average</th><th>Label</th></tr></thead>\n<tbody>\n",
    );
    for track in asset.tracks() {
        let rate = u64::try_from(average_bps(track)).unwrap_or(u64::MAX);
        // Three digits say all there is to an average.
        let rate = Bitrate::from_kbps(rate.div_ceil(1_000)).to_string();
        let label = track.label.as_deref().unwrap_or("");
        let lang = if track.lang == "und" { "" } else { &track.lang };
        row(page, [&track.id, &content(track), &track.codec, lang, &rate, label]);
    }
    for text in asset.subtitles() {
        let label = text.label.as_deref().unwrap_or("");
        row(page, [&text.id, "subtitles", "WebVTT", &text.lang, "", label]);
    }
    page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
}

fn content(track: &Track) -> String {
    match track.kind {
        Kind::Video { width, height, frame_rate, .. } => {
            let rate = frame_rate.map(|(frames, seconds)| f64::from(frames) / f64::from(seconds));
            let rate = rate.map_or_else(String::new, |rate| {
                let text = format!("{rate:.2}");
                format!(", {} fps", text.trim_end_matches('0').trim_end_matches('.'))
            });
            format!("{width}\u{D7}{height}{rate}")
        }
        Kind::Audio { sample_rate, channels } => format!("{sample_rate} Hz, {channels} ch"),
    }
}

fn item(page: &mut String, play: &Play<'_>, path: &str, name: &str) {
    let path_text = escape(path);
    push(page, format_args!("<li><a href=\"{path_text}\">{}</a>", escape(name)));
    play.write(page, path);
    page.push_str("</li>\n");
}

fn row(page: &mut String, cells: [&str; 6]) {
    page.push_str("<tr>");
    for cell in cells {
        push(page, format_args!("<td>{}</td>", escape(cell)));
    }
    page.push_str("</tr>\n");
}

pub(super) fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    page.write_fmt(text).unwrap_or_default();
}
