//! Names of holders in one text, so that a part of a name is found among a million without a look at each holder.

use std::sync::{Mutex, PoisonError};

use domain::State;
use domain::table::No;

use crate::App;

/// Ids and names of holders in lower case, a line each, in order of registration. Holders are never renamed or removed,
/// so the text only grows.
#[derive(Default)]
pub struct Names(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    text: String,
    /// Where each line begins.
    begins: Vec<usize>,
}

impl Lines {
    fn follow(&mut self, state: &State) {
        for holder in state.holders.iter().skip(self.begins.len()) {
            self.begins.push(self.text.len());
            self.text.push_str(&holder.entry.id.as_str().to_lowercase());
            self.text.push('\t');
            self.text.push_str(&holder.entry.name.as_str().to_lowercase());
            self.text.push('\n');
        }
    }

    /// Holders with a part in their line: first those whose id begins with it, then the others; so many at most.
    fn find(&self, part: &str, most: usize) -> Vec<No> {
        let mut found = self.matches(&format!("\n{part}"), 1, most);
        if self.text.starts_with(part) && !found.contains(&0) {
            found.insert(0, 0);
        }
        for no in self.matches(part, 0, most + found.len()) {
            if !found.contains(&no) {
                found.push(no);
            }
        }
        found.truncate(most);
        found
    }

    fn matches(&self, part: &str, ahead: usize, most: usize) -> Vec<No> {
        let mut found: Vec<No> = Vec::new();
        let mut from = 0;
        let finder = memchr::memmem::Finder::new(part);
        while let Some(place) = self.text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            let line = self.begins.partition_point(|begin| *begin <= from + place + ahead) - 1;
            found.push(No::try_from(line).unwrap_or(No::MAX));
            from = self
                .begins
                .get(line + 1)
                .copied()
                .unwrap_or(self.text.len())
                .saturating_sub(ahead);
            if found.len() >= most {
                break;
            }
        }
        found
    }
}

impl App {
    /// Numbers of holders whose id or name has this part, whatever its case; the ids that begin with it first. The caller
    /// does not hold the state: what takes a while is done without it, and holders keep their numbers.
    pub fn holders_named(&self, part: &str, most: usize) -> Vec<No> {
        let part = part.to_lowercase();
        if part.is_empty() || part.contains(['\n', '\t']) {
            return Vec::new();
        }
        let mut lines = self.names.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.follow(&self.authority().state());
        lines.find(&part, most)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    fn lines(names: &[(&str, &str)]) -> Lines {
        let mut lines = Lines::default();
        for (id, name) in names {
            lines.begins.push(lines.text.len());
            [id, "\t", name, "\n"].iter().for_each(|part| lines.text.push_str(part));
        }
        lines
    }

    #[test]
    fn ids_that_begin_with_it_come_first_and_nothing_comes_twice() {
        let lines = lines(&[
            ("h-1", "northern h-2 works"),
            ("h-2", "h-2 and h-2"),
            ("h-21", "华北药业"),
            ("x", ""),
        ]);
        assert_eq!(lines.find("h-2", 9), [1, 2, 0]);
        assert_eq!(lines.find("h-", 9), [0, 1, 2]);
        assert_eq!(lines.find("h-2", 2), [1, 2]);
        assert_eq!(lines.find("药业", 9), [2]);
        assert_eq!(lines.find("x", 9), [3]);
        assert_eq!(lines.find("nothing", 9), [0_u32; 0]);
    }
}
