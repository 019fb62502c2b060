//! One self-contained HTML page.

use crate::{escape, table::put};

/// Colours and shapes, light and dark; figures are drawn on paper in both.
const STYLE: &str = include_str!("page.css");

/// A page that is written from top to bottom.
#[derive(Clone, Debug)]
pub struct Page {
    html: String,
}

impl Page {
    /// Returns a page with only its title and a line below it.
    #[must_use]
    pub fn new(title: &str, line: &str) -> Self {
        let (title, line) = (escape(title), escape(line));
        let mut html = String::new();
        put(
            &mut html,
            format_args!(
                r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{title}</title><style>{STYLE}</style></head><body><header><h1>{title}</h1><p>{line}</p></header><main>"#
            ),
        );
        Self { html }
    }

    /// Begins a section.
    pub fn heading(&mut self, text: &str) {
        put(&mut self.html, format_args!("<h2>{}</h2>", escape(text)));
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        put(&mut self.html, format_args!("<p>{}</p>", escape(text)));
    }

    /// Adds what a hurried reader is to take away: a sentence and what supports it.
    pub fn verdict(&mut self, sentence: &str, support: &[String]) {
        put(
            &mut self.html,
            format_args!(r#"<section class="verdict"><p>{}</p><ul>"#, escape(sentence)),
        );
        for line in support {
            put(&mut self.html, format_args!("<li>{}</li>", escape(line)));
        }
        self.html.push_str("</ul></section>");
    }

    /// Adds figures, side by side where there is room: what each shows, and its SVG.
    pub fn figures(&mut self, figures: &[(String, String)]) {
        self.html.push_str(r#"<div class="figures">"#);
        for (caption, svg) in figures {
            let caption = escape(caption);
            put(
                &mut self.html,
                format_args!("<figure>{svg}<figcaption>{caption}</figcaption></figure>"),
            );
        }
        self.html.push_str("</div>");
    }

    /// Adds HTML that is known to be safe, folded away behind a line.
    pub fn folded(&mut self, line: &str, html: &str) {
        let line = escape(line);
        put(&mut self.html, format_args!("<details><summary>{line}</summary>{html}</details>"));
    }

    /// Adds HTML that is known to be safe, such as that of a [`Table`](crate::Table).
    pub fn html(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Returns the page.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.html.push_str("</main></body></html>\n");
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_nothing_of_the_network_and_keeps_words_as_words() {
        let mut page = Page::new("A <b> title", "and a line");
        page.verdict("Pick <it>", &["because & so".to_owned()]);
        page.heading("<h>");
        page.paragraph("<p>");
        page.folded("<f>", "<p></p>");
        page.figures(&[("<c>".to_owned(), "<svg></svg>".to_owned())]);
        let html = page.finish();
        for wanted in [
            "Pick &lt;it&gt;",
            "because &amp; so",
            "&lt;h&gt;",
            "&lt;p&gt;",
            "&lt;c&gt;",
            "&lt;f&gt;",
        ] {
            assert!(html.contains(wanted), "{wanted} in {html}");
        }
        for unwanted in ["src=", "href=", "url(", "@import"] {
            assert!(!html.contains(unwanted), "{unwanted} in {html}");
        }
    }
}
