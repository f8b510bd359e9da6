//! No consignment goes to a post office box, or to a bank for the account of somebody else (1961 art. 31(8)).

use super::TradeRefusal;
use super::notice::Party;
use crate::refusal::Refused;

/// What names a post office box or a bank, in lower case and without punctuation; each stands as words of its own.
const BARRED: [&str; 22] = [
    "po box",
    "p o box",
    "pobox",
    "p0 box",
    "p o b",
    "pob",
    "post office",
    "post box",
    "postbox",
    "postfach",
    "boite postale",
    "apartado",
    "apartado postal",
    "casilla",
    "casilla postal",
    "caixa postal",
    "hop thu",
    "а я",
    "bank",
    "banque",
    "banco",
    "bankhaus",
];

/// The same in scripts that write no spaces.
const BARRED_ANYWHERE: [&str; 7] = ["邮政信箱", "邮箱", "信箱", "사서함", "우편함", "私書箱", "银行"];

/// What follows the word bank where a street is named after one.
const STREETS: [&str; 12] = [
    "street", "st", "road", "rd", "lane", "avenue", "ave", "square", "place", "way", "quay", "row",
];

/// Refuses an address that is a post office box or a bank.
pub(super) fn check(party: &Party) -> Refused<()> {
    let text = format!("{} {}", party.name, party.address);
    match barred(&text) {
        None => Ok(()),
        Some(found) => Err(TradeRefusal::AddressBarred {
            party: party.name.to_string(),
            found: found.to_owned(),
        }
        .into()),
    }
}

fn barred(text: &str) -> Option<&'static str> {
    let lower: String = text.chars().map(half_width).flat_map(char::to_lowercase).collect();
    let lower = lower.replace('î', "i");
    if let Some(found) = BARRED_ANYWHERE.into_iter().find(|word| lower.contains(word)) {
        return Some(found);
    }
    let words: String = lower
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    let is_street = |place: &usize| words.get(place + 1).is_some_and(|next| STREETS.contains(next));
    let kept = words.iter().enumerate();
    let kept = kept.filter(|(place, word)| **word != "bank" || !is_street(place));
    let kept: Vec<&str> = kept.map(|(_, word)| *word).collect();
    let words = format!(" {} ", kept.join(" "));
    BARRED.into_iter().find(|phrase| words.contains(&format!(" {phrase} ")))
}

/// A full-width letter as its ordinary one.
fn half_width(letter: char) -> char {
    let code = u32::from(letter);
    if (0xff01..=0xff5e).contains(&code) {
        char::from_u32(code - 0xfee0).unwrap_or(letter)
    } else {
        letter
    }
}

#[cfg(test)]
mod tests {
    use super::barred;

    #[test]
    fn boxes_and_banks_are_found_however_they_are_written() {
        for text in [
            "P.O. Box 12, Manila",
            "PO BOX 7",
            "c/o Mr Kim, p. o. box 99, Seoul",
            "Post-Office-Box 3",
            "Boîte postale 4",
            "北京市邮政信箱12号",
            "Ｐ．Ｏ． Ｂｏｘ 9, Tokyo",
            "P.O.B. 12",
            "P0 Box 3",
            "Box 12, Central Post Office",
            "г. Москва, а/я 12",
            "First Commercial Bank, for the account of A Ltd",
        ] {
            assert!(barred(text).is_some(), "{text}");
        }
    }

    #[test]
    fn streets_are_no_boxes() {
        for text in [
            "12 Boxer Road",
            "Bankside 4, London",
            "Riverbank Industrial Park 3",
            "Postgasse 1",
            "12 Bank Street, London",
        ] {
            assert!(barred(text).is_none(), "{text}");
        }
    }
}
