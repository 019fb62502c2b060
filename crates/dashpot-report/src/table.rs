//! Tables as HTML.

use crate::escape;
use std::fmt::Write as _;

/// One field of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, written out.
    Number(String),
    /// A number with a bar of this share of the column's width, 0 to 1.
    Bar(String, f64),
    /// HTML that is known to be safe, such as a figure.
    Html(String),
}

/// A table: heads, with what each means, and rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The head of each column and, for those who point at it, what it means.
    pub heads: Vec<(String, String)>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Cell>>,
    /// Index of the row to be marked.
    pub marked: Option<usize>,
}

impl Table {
    /// Returns the table as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = String::from("<div class=\"scroll\"><table><thead><tr>");
        for (column, (head, meaning)) in self.heads.iter().enumerate() {
            let class = match self.rows.first().and_then(|row| row.get(column)) {
                Some(Cell::Number(_) | Cell::Bar(..)) => "n",
                Some(Cell::Text(_) | Cell::Html(_)) | None => "",
            };
            put(
                &mut html,
                format_args!(
                    r#"<th class="{class}" title="{}">{}</th>"#,
                    escape(meaning),
                    escape(head)
                ),
            );
        }
        html.push_str("</tr></thead><tbody>");
        for (index, row) in self.rows.iter().enumerate() {
            html.push_str(if self.marked == Some(index) { "<tr class=\"best\">" } else { "<tr>" });
            for cell in row {
                put(&mut html, format_args!("{}", cell.html()));
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table></div>");
        html
    }
}

impl Cell {
    fn html(&self) -> String {
        match self {
            Self::Text(text) => format!("<td>{}</td>", escape(text)),
            Self::Number(text) => format!(r#"<td class="n">{}</td>"#, escape(text)),
            Self::Bar(text, share) => {
                let percent = if share.is_finite() { share.clamp(0.0, 1.0) * 100.0 } else { 0.0 };
                let text = escape(text);
                format!(
                    r#"<td class="n bar"><i style="width:{percent:.1}%"></i><b>{text}</b></td>"#
                )
            }
            Self::Html(html) => format!("<td>{html}</td>"),
        }
    }
}

pub(crate) fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    html.write_fmt(text).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_escaped_and_bars_stay_in_their_column() {
        let table = Table {
            heads: vec![("a<b".to_owned(), "\"why\"".to_owned())],
            rows: vec![
                vec![Cell::Text("<i>".to_owned())],
                vec![Cell::Bar("9".to_owned(), 7.0)],
                vec![Cell::Bar("?".to_owned(), f64::NAN)],
            ],
            marked: Some(1),
        };
        let html = table.html();
        assert!(html.contains(r#"<th class="" title="&quot;why&quot;">a&lt;b</th>"#), "{html}");
        assert!(html.contains("<td>&lt;i&gt;</td>"), "{html}");
        assert!(html.contains(r#"<tr class="best"><td class="n bar"><i style="width:100.0%">"#));
        assert!(html.contains(r#"style="width:0.0%""#));
    }
}
