//! Shapes that stand for an outcome, so that colour never has to.

/// An outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A check holds: a tick in a circle.
    Pass,
    /// A check does not hold: a cross in an octagon.
    Fail,
    /// A person must judge: a head and shoulders.
    Person,
    /// Done and over: a line through a circle.
    Used,
    /// Too late: a clock.
    Expired,
    /// Stopped for now: two bars in a square.
    Suspended,
    /// Not known here: a question in a diamond.
    Unknown,
}

/// The shape of an outcome as SVG. It is hidden from assistive software: the word beside it says the same.
pub fn mark(mark: Mark) -> &'static str {
    macro_rules! shape {
        ($d:literal) => {
            concat!(
                r#"<svg class="cs-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path fill-rule="evenodd" d=""#,
                $d,
                r#""/></svg>"#
            )
        };
    }
    match mark {
        Mark::Pass => shape!("M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22zM6.7 11l3.6 3.6L17.3 7.5l2 2L10.3 18.6L4.7 13z"),
        Mark::Fail => {
            shape!("M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9zM8 6L6 8l4 4l-4 4l2 2l4-4l4 4l2-2l-4-4l4-4l-2-2l-4 4z")
        }
        Mark::Person => shape!("M12 2a5 5 0 1 0 0 10a5 5 0 0 0 0-10zM2 22c0-5.5 4-8.5 10-8.5s10 3 10 8.5z"),
        Mark::Used => shape!("M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22zM5.5 10.3h13v3.4h-13z"),
        Mark::Expired => shape!("M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22zM10.5 5h3v6.4l4.3 4.3l-2.1 2.1l-5.2-5.2z"),
        Mark::Suspended => shape!("M2 2h20v20H2zM7 6v12h3.5V6zM13.5 6v12H17V6z"),
        Mark::Unknown => shape!(
            "M12 0L24 12L12 24L0 12zM8 9.6h2.8c0-1 .5-1.5 1.3-1.5c.7 0 1.2.4 1.2 1.1c0 1.5-2.7 1.6-2.7 4.6h2.8c0-1.9 2.7-2.2 2.7-4.9c0-2-1.6-3.3-3.9-3.3c-2.6 0-4.2 1.5-4.2 4zM10.5 15.2h3v3h-3z"
        ),
    }
}
