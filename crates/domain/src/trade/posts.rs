//! The customs posts to which a permit or an authorization is bound.

use super::TradeRefusal;
use crate::id::{Id, Text};
use crate::refusal::{NameRefusal, Refused};

/// The most customs posts of one permit.
pub const POSTS_MAX: usize = 5;

/// A list of customs posts is short, and names each once.
pub(super) fn named(posts: &[Text]) -> Refused<()> {
    let (field, count, max) = ("posts", posts.len(), POSTS_MAX);
    if count > max {
        return Err(NameRefusal::TooMany { field, count, max }.into());
    }
    let twice = |(place, post): (usize, &Text)| posts.iter().take(place).any(|other| alike(other, post));
    match posts.iter().enumerate().find(|(place, post)| twice((*place, post))) {
        None => Ok(()),
        Some((_, post)) => Err(crate::refusal::taken("customs post", post)),
    }
}

/// Goods are at one of the posts, if any are named.
pub(super) fn admitted(number: &Id, posts: &[Text], found: &Text) -> Refused<()> {
    if posts.is_empty() || posts.iter().any(|post| alike(post, found)) {
        return Ok(());
    }
    let posts: Vec<&str> = posts.iter().map(Text::as_str).collect();
    Err(TradeRefusal::PostDiffers {
        number: number.to_string(),
        permitted: posts.join(", "),
        found: found.to_string(),
    }
    .into())
}

/// The same post, but for capitals and spaces around it.
fn alike(one: &Text, other: &Text) -> bool {
    one.as_str().trim().to_lowercase() == other.as_str().trim().to_lowercase()
}
