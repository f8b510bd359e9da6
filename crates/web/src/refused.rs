//! Refusals in the words of a language: the domain's own sentence in English, elsewhere the words of its code, with what
//! the sentence puts in told in that language too.

use std::fmt::Display;

use domain::country::Country;

use crate::words::Words;

/// Figures that are amounts, with their thousands apart.
const AMOUNTS: &[&str] = &[
    "accounts",
    "added",
    "amount",
    "available",
    "bytes",
    "ceiling",
    "content_ppm",
    "counted",
    "granted",
    "held",
    "left",
    "max",
    "min",
    "ordered",
    "outstanding",
    "permitted",
    "plan",
    "quotas",
    "recorded",
    "requested",
    "supplied",
    "used",
];

/// Figures that are what people wrote, or names: they stand as they are.
const AS_WRITTEN: &[&str] = &["id", "reason", "name", "hold", "batch", "number", "read", "file", "kid"];

/// A refusal in the words of a language. Words that put in what was not handed along give way to the sentence; where the
/// code stands for a sentence, as in a receipt or among the rules that a report broke, to a short word for it.
pub fn refusal_in_words(words: Words, code: &str, says: &str, figures: &[(&str, &dyn Display)]) -> String {
    let told: Vec<(&str, String)> = figures
        .iter()
        .map(|(name, figure)| (*name, figure_in_words(words, name, &figure.to_string())))
        .collect();
    let args: Vec<(&str, &dyn Display)> = told.iter().map(|(name, told)| (*name, told as &dyn Display)).collect();
    let key = format!("refusal-{}", code.replace('_', "-"));
    words.whole(&key, &args).unwrap_or_else(|| {
        if says == code {
            in_short(words, code)
        } else {
            says.to_owned()
        }
    })
}

/// A code in a few words.
fn in_short(words: Words, code: &str) -> String {
    let of_receipt = words.find(&format!("receipt-{}", code.replace('_', "-")), &[]);
    of_receipt.unwrap_or_else(|| words.breach(code))
}

/// One figure of a refusal.
fn figure_in_words(words: Words, name: &str, figure: &str) -> String {
    if AS_WRITTEN.contains(&name) {
        return figure.to_owned();
    }
    if let Ok(day) = figure.parse() {
        return words.day(day);
    }
    if name.ends_with("_g") || AMOUNTS.contains(&name) {
        return number(words, figure);
    }
    match name {
        "field" => field(words, figure),
        "country" => country(words, figure),
        "substance" | "of" => words
            .find(&format!("substance-{figure}"), &[])
            .unwrap_or_else(|| figure.to_owned()),
        "form" => crate::names::term(words, "form", figure),
        "command" => act(words, figure),
        "activity" => listed(words, figure, " or "),
        "from_kinds" | "to_kinds" => listed(words, figure, ", "),
        "stage" | "needed" | "status" | "standing" | "compartment" | "policy" => {
            let known = words.find(&figure_key(figure), &[]);
            known.unwrap_or_else(|| words.value(figure))
        }
        "breach" => words.breach(figure),
        "why" => why(words, figure),
        "what" | "party" | "key" | "authorized" | "asked" => words
            .find(&figure_key(figure), &[])
            .unwrap_or_else(|| figure.to_owned()),
        _ => figure.to_owned(),
    }
}

/// An amount with its thousands apart; what is none, such as a name or a weight with its unit, as it is.
fn number(words: Words, figure: &str) -> String {
    let (digits, unit) = figure.split_once(' ').unwrap_or((figure, ""));
    let decimal = digits
        .trim_start_matches('-')
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == '.');
    match (decimal && !digits.is_empty(), unit) {
        (true, "") => words.decimal(digits),
        (true, "g") => words.t1("amount-grams", "amount", words.decimal(digits)),
        _ => figure.to_owned(),
    }
}

fn figure_key(figure: &str) -> String {
    let letters = figure.trim().chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    let mut key = "figure".to_owned();
    for part in letters.collect::<String>().split('-').filter(|part| !part.is_empty()) {
        key.push('-');
        key.push_str(part);
    }
    key
}

fn field(words: Words, figure: &str) -> String {
    let of_field = || words.find(&format!("field-{}", figure.replace('_', "-")), &[]);
    let known = words.find(&figure_key(figure), &[]).or_else(of_field);
    known.unwrap_or_else(|| figure.to_owned())
}

fn country(words: Words, figure: &str) -> String {
    match Country::parse(figure) {
        Ok(country) => crate::names::country(words, country),
        Err(_) => figure.to_owned(),
    }
}

fn act(words: Words, verb: &str) -> String {
    let known = words.find(&crate::act::act_key(verb), &[]);
    known.unwrap_or_else(|| verb.to_owned())
}

/// Several words of the law in one figure.
fn listed(words: Words, figure: &str, between: &str) -> String {
    let all: Vec<String> = figure.split(between).map(|word| words.value(word)).collect();
    all.join(&words.t("refused-or"))
}

/// A reason: one of the domain's own, or what is wrong with a quantity that stands in quotes before it.
fn why(words: Words, figure: &str) -> String {
    let whole = words.find(&figure_key(figure), &[]);
    let of_quantity = || {
        let (value, wrong) = figure.strip_prefix('"')?.split_once("\" ")?;
        let wrong = wrong.split_once(':').map_or(wrong, |(wrong, _)| wrong);
        words.find(&figure_key(wrong), &[("value", &value)])
    };
    whole.or_else(of_quantity).unwrap_or_else(|| figure.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::refusal_in_words;
    use crate::words::{Lang, Words};

    const ZH: Words = Words(Lang::Zh);

    #[test]
    fn figures_are_told_in_the_language() {
        let figures: [(&str, &dyn Display); 6] = [
            ("site", &"S-1"),
            ("item", &"fentanyl-0.1mg-amp"),
            ("batch", &"A-1"),
            ("compartment", &"awaiting_destruction"),
            ("available", &"1200"),
            ("requested", &"30000"),
        ];
        let says = refusal_in_words(ZH, "stock_insufficient", "…", &figures);
        assert_eq!(says, "S-1 在待销毁存有 fentanyl-0.1mg-amp 批号 A-1 1,200；申请 30,000");
        let why = "\"4x\" is not a number: write digits with at most one point, such as 12.5";
        let bad: [(&str, &dyn Display); 2] = [("field", &"amount"), ("why", &why)];
        let says = refusal_in_words(ZH, "bad_quantity", "…", &bad);
        assert_eq!(says, "数量：“4x”不是数字：请填写数字，最多一个小数点，如 12.5");
        let ended: [(&str, &dyn Display); 5] = [
            ("party", &"consignor"),
            ("site", &"S-1"),
            ("licence", &"L-1"),
            ("until", &"2024-03-01"),
            ("on", &"2024-03-02"),
        ];
        let says = refusal_in_words(ZH, "licence_expired", "…", &ended);
        assert_eq!(
            says,
            "发货方 S-1 的许可证 L-1 已于 2024年3月1日 到期，早于 2024年3月2日"
        );
    }

    #[test]
    fn what_was_not_handed_along_leaves_the_sentence() {
        let says = "site S-1 is closed";
        assert_eq!(refusal_in_words(ZH, "site_closed", says, &[]), says);
        let en = Words(Lang::En);
        assert_eq!(refusal_in_words(en, "site_closed", says, &[("site", &"S-1")]), says);
        assert_eq!(refusal_in_words(ZH, "site_closed", "site_closed", &[]), "场所已关闭");
        assert_eq!(
            refusal_in_words(en, "case_missing", "case_missing", &[]),
            "It names no case"
        );
    }
}
