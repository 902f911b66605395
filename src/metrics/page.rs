//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write as _};

/// A page of figures, written line by line.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// The head of a family; its lines follow.
    pub(super) fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One line of a family.
    pub(super) fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (n, (label, text)) in labels.iter().enumerate() {
            let before = if n == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{before}{label}=\"{}\"", escaped(text));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.head(name, help, "gauge");
        self.line(name, &[], value);
    }

    /// A counter without labels.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(name, &[], value);
    }

    /// The lines of one histogram: `counts` per bucket, one more than there are `bounds`.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &[f64],
        counts: &[u64],
        sum: impl Display,
    ) {
        let mut up_to = 0_u64;
        let ends = bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (end, count) in ends.zip(counts) {
            up_to = up_to.saturating_add(*count);
            let labels = [labels, &[("le", end.as_str())]].concat();
            self.line(&format!("{name}_bucket"), &labels, up_to);
        }
        self.line(&format!("{name}_sum"), labels, sum);
        self.line(&format!("{name}_count"), labels, up_to);
    }

    /// The finished page.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn the_text_format() {
        let mut page = Page::default();
        page.gauge("a", "An a.", 3);
        page.head("b_seconds", "Some b.", "histogram");
        page.histogram("b_seconds", &[("worker", "0")], &[0.001, 0.5], &[4, 0, 1], 1.25);
        page.line("c", &[("name", "a \"b\"\\\n")], 1);
        let expected = "# HELP a An a.\n# TYPE a gauge\na 3\n\
            # HELP b_seconds Some b.\n# TYPE b_seconds histogram\n\
            b_seconds_bucket{worker=\"0\",le=\"0.001\"} 4\n\
            b_seconds_bucket{worker=\"0\",le=\"0.5\"} 4\n\
            b_seconds_bucket{worker=\"0\",le=\"+Inf\"} 5\n\
            b_seconds_sum{worker=\"0\"} 1.25\n\
            b_seconds_count{worker=\"0\"} 5\n\
            c{name=\"a \\\"b\\\"\\\\\\n\"} 1\n";
        assert_eq!(page.finish(), expected);
    }
}
