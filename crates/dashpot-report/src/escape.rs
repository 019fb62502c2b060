//! Text as HTML.

/// Returns `text` with the characters that mean something in HTML written as references, fit for
/// element content and for attributes in double quotes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_html_is_written_as_a_reference() {
        let hostile = "<script>\"a\" & 'b'</script>";
        let expected = "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;";
        assert_eq!(escape(hostile), expected);
        assert_eq!(escape("größer 3 ≤ 4"), "größer 3 ≤ 4");
    }
}
