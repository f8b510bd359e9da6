//! No consignment goes to a post office box, or to a bank for the account of somebody else (1961 art. 31(8)).

use super::TradeRefusal;
use super::notice::Party;
use crate::refusal::Refused;

/// What names a post office box or a bank, in lower case and without punctuation; each stands as words of its own.
const BARRED: [&str; 18] = [
    "po box",
    "p o box",
    "pobox",
    "post office box",
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
    "bank",
    "banque",
    "banco",
    "bankhaus",
];

/// The same in scripts that write no spaces.
const BARRED_ANYWHERE: [&str; 5] = ["邮政信箱", "邮箱", "信箱", "사서함", "银行"];

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
    let lower = text.to_lowercase().replace('î', "i");
    if let Some(found) = BARRED_ANYWHERE.into_iter().find(|word| lower.contains(word)) {
        return Some(found);
    }
    let words: String = lower
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    BARRED.into_iter().find(|phrase| words.contains(&format!(" {phrase} ")))
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
        ] {
            assert!(barred(text).is_none(), "{text}");
        }
    }
}
