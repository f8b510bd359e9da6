//! From where substances came in a year and what became of them: the balance as flows.

use domain::quantity::Mass;
use domain::reporting::Identity;

/// A flow into a substance's stock or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The position of the substance in the balance.
    pub substance: usize,
    /// Whether it comes in.
    pub into: bool,
    /// The word of the figure it is of.
    pub of: &'static str,
    /// How much; never less than nothing.
    pub mass: Mass,
}

/// A figure of the balance: its word, whether it adds to the stock, and how much.
type Figure = (&'static str, bool, fn(&Identity) -> Mass);

/// The figures that add to a stock, then those that take from it, in the order of the balance.
const FIGURES: [Figure; 15] = [
    ("opening", true, |row| row.opening),
    ("manufactured", true, |row| row.manufactured),
    ("imported", true, |row| row.imported),
    ("from-provinces", true, |row| row.from_provinces),
    ("found", true, |row| row.found),
    ("consumed", false, |row| row.consumed),
    ("utilized", false, |row| row.utilized),
    ("exported", false, |row| row.exported),
    ("to-provinces", false, |row| row.to_provinces),
    ("process-loss", false, |row| row.process_loss),
    ("destroyed", false, |row| row.destroyed),
    ("lost", false, |row| row.lost),
    ("special", false, |row| row.to_special),
    ("closing", false, |row| row.closing),
    ("residual", false, |row| row.residual),
];

/// The flows of a balance. What is less than nothing flows the other way, so that what comes in is what goes out.
pub fn flows(rows: &[Identity]) -> Vec<Flow> {
    let of_row = |(substance, row): (usize, &Identity)| {
        FIGURES.map(|(of, into, figure)| {
            let mass = figure(row);
            let (into, mass) = if mass.is_negative() {
                (!into, -mass)
            } else {
                (into, mass)
            };
            Flow {
                substance,
                into,
                of,
                mass,
            }
        })
    };
    let all = rows.iter().enumerate().flat_map(of_row);
    all.filter(|flow| flow.mass != Mass::ZERO).collect()
}

/// The places that flows come from or go to, in the order of the balance.
pub fn places(all: &[Flow], into: bool) -> Vec<&'static str> {
    let used = |of: &&str| all.iter().any(|flow| flow.into == into && flow.of == *of);
    FIGURES.iter().map(|(of, ..)| *of).filter(|of| used(of)).collect()
}

/// The key of the words of a place: a figure that flows against its direction has words of its own.
pub fn key(of: &str, into: bool) -> String {
    let usual = FIGURES.iter().any(|(known, way, _)| *known == of && *way == into);
    if usual {
        format!("public-figure-{of}")
    } else {
        format!("public-figure-{of}-back")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figures: [i64; 12]) -> Identity {
        let [
            opening,
            manufactured,
            imported,
            found,
            consumed,
            utilized,
            exported,
            process_loss,
            destroyed,
            lost,
            special,
            closing,
        ] = figures.map(Mass::from_g);
        let gone = consumed + utilized + exported + process_loss + destroyed + lost + special + closing;
        Identity {
            substance: "fentanyl".parse().unwrap(),
            opening,
            manufactured,
            imported,
            found,
            consumed,
            utilized,
            process_loss,
            exported,
            from_provinces: Mass::ZERO,
            to_provinces: Mass::ZERO,
            destroyed,
            lost,
            to_special: special,
            closing,
            residual: opening + manufactured + imported + found - gone,
            dispensed: Mass::ZERO,
            retail_stock: Mass::ZERO,
            special: Mass::ZERO,
        }
    }

    fn sum(all: &[Flow], into: bool) -> Mass {
        all.iter().filter(|flow| flow.into == into).map(|flow| flow.mass).sum()
    }

    #[test]
    fn what_comes_in_is_what_goes_out() {
        for figures in [
            [100, 50, 0, 1, 90, 0, 20, 3, 1, 0, 0, 37],
            // More came back than went out, special stocks were given back, and not everything is explained.
            [10, 5, 0, 0, -8, 0, 0, 0, 0, 0, -4, 20],
            [10, 5, 0, 0, -8, 0, 0, 0, 0, 0, -4, 40],
            [-3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [0; 12],
        ] {
            let all = flows(&[row(figures), row([1; 12])]);
            assert_eq!(sum(&all, true), sum(&all, false), "{figures:?}");
            assert!(all.iter().all(|flow| flow.mass.is_positive()));
        }
    }

    #[test]
    fn a_figure_against_its_direction_has_its_own_words() {
        let all = flows(&[row([10, 0, 0, 0, -2, 0, 0, 0, 0, 0, 0, 12])]);
        assert_eq!(places(&all, true), ["opening", "consumed"]);
        assert_eq!(places(&all, false), ["closing"]);
        assert_eq!(key("consumed", true), "public-figure-consumed-back");
        assert_eq!(key("opening", true), "public-figure-opening");
    }

    #[test]
    fn every_place_has_words_in_every_language() {
        for lang in crate::words::Lang::ALL {
            for (of, into, _) in FIGURES {
                for way in [into, !into] {
                    let key = key(of, way);
                    assert!(crate::words::Words(lang).find(&key, &[]).is_some(), "{key}");
                }
            }
        }
    }
}
