//! The page that builds the URL of an MPD from a form, which is made from the table of options.

use super::html::{escape, push};
use dashpot_packager::{
    Catalogue, Form,
    grammar::{Service, Spec, Values},
};

/// Returns the page; `player` is the page that plays an MPD.
pub(crate) fn urlgen(catalogue: &Catalogue, player: Option<&str>) -> String {
    let mut page = String::from(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<link rel=\"icon\" href=\"data:,\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<title>Build a URL \u{B7} dashpot origin</title>\n<style>\n",
        include_str!("style.css"),
        include_str!("urlgen.css"),
        "</style>\n</head>\n<body>\n<main>\n<h1>Build a URL</h1>\n",
        "<p><a href=\"/\">All assets</a></p>\n<noscript><p>This page needs scripts.</p></noscript>\n",
    ));
    push(
        &mut page,
        format_args!("<form id=\"form\" data-player=\"{}\">\n", escape(player.unwrap_or(""))),
    );
    page.push_str(
        "<section>\n<div class=\"field\"><label for=\"asset\">Asset</label><select id=\"asset\">\n",
    );
    for asset in catalogue.assets() {
        let (name, title) = (escape(&asset.name), escape(&asset.title));
        push(&mut page, format_args!("<option value=\"{name}\">{title} ({name})</option>\n"));
    }
    page.push_str("</select></div>\n<div class=\"field\"><label for=\"kind\">Manifest</label><select id=\"kind\">\n");
    for (name, service) in SERVICES {
        for form in Form::of(service) {
            let form = form.name();
            push(
                &mut page,
                format_args!("<option value=\"{name}/{form}\">{name}, {form}</option>\n"),
            );
        }
        push(
            &mut page,
            format_args!("<option value=\"{name}/hls\">{name}, HLS playlist</option>\n"),
        );
    }
    page.push_str("</select></div>\n</section>\n");
    for (name, service) in SERVICES {
        push(
            &mut page,
            format_args!(
                "<fieldset data-service=\"{name}\">\n<legend>Options of {name}</legend>\n"
            ),
        );
        // What segments belong to, and in which version, MPDs say.
        let specs = service.options();
        let specs = specs.filter(|spec| !matches!(spec.values, Values::Version | Values::Asset));
        specs.for_each(|spec| field(&mut page, name, spec));
        page.push_str("</fieldset>\n");
    }
    page.push_str(concat!(
        "</form>\n<section class=\"result\">\n<h2>URL</h2>\n",
        "<p><a id=\"url\" href=\"/\"></a></p>\n<p id=\"state\" role=\"status\"></p>\n",
        "<p class=\"buttons\"><button type=\"button\" id=\"copy\">Copy</button> ",
        "<a class=\"play\" id=\"play\" hidden>Play</a> <code id=\"command\"></code></p>\n</section>\n",
        "</main>\n<script>\n",
        include_str!("urlgen.js"),
        "</script>\n</body>\n</html>\n",
    ));
    page
}

/// The services, in the order in which they are shown.
const SERVICES: [(&str, Service); 2] = [("live", Service::Live), ("vod", Service::Vod)];

fn field(page: &mut String, service: &str, spec: &Spec) {
    let Spec { name, values, default, doc } = spec;
    let (id, unit) = (format!("{service}-{name}"), unit(*values));
    push(
        page,
        format_args!(
            "<div class=\"field\"><label for=\"{id}\"><code>{name}_</code></label><input id=\"{id}\" name=\"{name}\" data-unit=\"{unit}\" placeholder=\"{}\" aria-describedby=\"{id}-doc\" autocomplete=\"off\" spellcheck=\"false\"><p id=\"{id}-doc\">{} Values: {}. Default: {}.</p></div>\n",
            escape(&default.replace('`', "")),
            escape(&doc.replace('`', "")),
            escape(&values.range().replace('`', "")),
            escape(&default.replace('`', "")),
        ),
    );
}

/// Returns the unit that a value has to carry.
const fn unit(values: Values) -> &'static str {
    match values {
        Values::Span(..) | Values::SpanOrInfinite(..) => "s",
        Values::Count(..)
        | Values::Instant
        | Values::Words(_)
        | Values::Word(_)
        | Values::Languages(_)
        | Values::Places
        | Values::Asset
        | Values::Assets
        | Values::Cues
        | Values::Tracks
        | Values::Parameters
        | Values::Version => "",
    }
}
