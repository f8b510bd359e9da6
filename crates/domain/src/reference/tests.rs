//! Tests of the reference tables of drugs, and of what the reader refuses.

use super::*;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn find(id: &str) -> Result<ReferenceSubstance, String> {
    let all = substances().map_err(|error| error.to_string())?;
    all.into_iter()
        .find(|substance| substance.id == id)
        .ok_or_else(|| format!("{id} is missing"))
}

fn factor(id: &str, form: &str) -> Result<i64, String> {
    let substance = find(id)?;
    let salt = substance.salts.iter().find(|salt| salt.form == form);
    salt.map(|salt| salt.factor_ppm)
        .ok_or_else(|| format!("{id} has no {form}"))
}

#[test]
fn the_tables_of_the_product_can_be_read() -> TestResult {
    let all = substances()?;
    assert!(all.len() >= 30, "{} substances", all.len());
    assert!(all.is_sorted_by(|one, next| one.id < next.id));
    Ok(())
}

#[test]
fn fentanyl_is_as_the_convention_has_it() -> TestResult {
    let fentanyl = find("fentanyl")?;
    assert_eq!(fentanyl.name, "Fentanyl");
    assert_eq!(fentanyl.cas, "437-38-7");
    assert_eq!(fentanyl.schedule, Schedule::I);
    assert_eq!(fentanyl.effective_on, jiff::civil::date(1964, 12, 13));
    assert!(fentanyl.synthetic);
    let forms: Vec<&str> = fentanyl.salts.iter().map(|salt| salt.form.as_str()).collect();
    assert_eq!(forms, ["base", "citrate", "hydrochloride"]);
    Ok(())
}

#[test]
fn factors_are_the_published_ones() -> TestResult {
    for (id, form, expected) in [
        ("fentanyl", "base", 1_000_000),
        ("fentanyl", "citrate", 636_500),
        ("fentanyl", "hydrochloride", 902_200),
        ("sufentanil", "citrate", 668_000),
        ("remifentanil", "hydrochloride", 911_700),
        ("alfentanil", "hydrochloride", 919_500),
        ("alfentanil", "hydrochloride-monohydrate", 884_300),
        ("morphine", "sulfate-pentahydrate", 752_100),
        ("codeine", "phosphate-hemihydrate", 736_700),
        ("codeine", "sulfate-trihydrate", 797_400),
        ("methadone", "hydrochloride", 894_600),
    ] {
        assert_eq!(factor(id, form)?, expected, "{id} {form}");
    }
    Ok(())
}

#[test]
fn schedules_and_origins_are_as_the_convention_has_them() -> TestResult {
    for (id, schedule, synthetic) in [
        ("morphine", Schedule::I, false),
        ("oxycodone", Schedule::I, false),
        ("pethidine", Schedule::I, true),
        ("codeine", Schedule::II, false),
        ("pholcodine", Schedule::II, false),
        ("dextropropoxyphene", Schedule::II, true),
        ("heroin", Schedule::IAndIV, false),
        ("carfentanil", Schedule::IAndIV, true),
    ] {
        let substance = find(id)?;
        assert_eq!((substance.schedule, substance.synthetic), (schedule, synthetic), "{id}");
    }
    Ok(())
}

#[test]
fn days_of_control_agree_with_their_certainty() -> TestResult {
    let in_force = jiff::civil::date(1964, 12, 13);
    for substance in substances()? {
        let first_of_year = substance.effective_on.month() == 1 && substance.effective_on.day() == 1;
        let earliest = substance.effective_on == in_force || first_of_year && substance.effective_on > in_force;
        let agrees = match substance.certainty {
            Certainty::Exact => substance.effective_on >= in_force,
            Certainty::Year => earliest,
        };
        assert!(agrees, "{}: {}", substance.id, substance.effective_on);
    }
    Ok(())
}

/// A line of the salts' table with the weights that only this test reads.
#[derive(Deserialize)]
struct WeighedRecord {
    substance: CompactString,
    form: CompactString,
    factor_ppm: i64,
    base_moles: i64,
    base_weight: Option<CompactString>,
    form_weight: Option<CompactString>,
}

/// Grams per mole with two decimals, as hundredths.
fn hundredths(weight: &str) -> Result<i64, Box<dyn std::error::Error>> {
    let (whole, decimals) = weight.split_once('.').ok_or("a weight needs two decimals")?;
    assert_eq!(decimals.len(), 2, "{weight}");
    Ok(format!("{whole}{decimals}").parse()?)
}

#[test]
fn factors_agree_with_the_molecular_weights() -> TestResult {
    let mut compared = 0;
    for (line, record) in rows::<WeighedRecord>(SALTS_TABLE, include_str!("../../../../data/salts.csv"))? {
        let (Some(base), Some(form)) = (&record.base_weight, &record.form_weight) else {
            continue;
        };
        let computed_ppm = record.base_moles * hundredths(base)? * WHOLE_PPM / hundredths(form)?;
        let difference_ppm = (record.factor_ppm - computed_ppm).abs();
        // The factors have four decimals.
        assert!(
            difference_ppm <= 100,
            "line {line}, {} {}: {computed_ppm}",
            record.substance,
            record.form
        );
        compared += 1;
    }
    assert!(compared >= 90, "{compared}");
    Ok(())
}

#[test]
fn cas_numbers_have_a_check_digit() {
    for right in ["437-38-7", "990-73-8", "132875-61-7", "57-27-2", "8008-60-4"] {
        assert_eq!(check_cas(right), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "437-38-8",
        "437-387",
        "437-38-7-1",
        "437-83-7",
        "4-38-7",
        "437-3-7",
        "437-38-",
        "43x-38-7",
    ] {
        assert!(check_cas(wrong).is_err(), "{wrong}");
    }
}

const SUBSTANCES: &str = "id,name,cas,schedule,effective_on,certainty,synthetic,source,version\n\
    fentanyl,Fentanyl,437-38-7,I,1964-12-13,year,yes,list,1\n";
const SALTS: &str = "substance,form,cas,factor_ppm,source,version\n\
    fentanyl,base,437-38-7,1000000,list,1\n";

#[test]
fn an_official_table_without_weights_is_read() -> TestResult {
    let salts = format!("\u{feff}{SALTS}fentanyl,citrate,,640000,INCB Yellow List,59\n");
    let substances = parse(SUBSTANCES, &salts)?;
    let forms: Vec<_> = substances.iter().flat_map(|substance| &substance.salts).collect();
    let factors: Vec<_> = forms
        .iter()
        .map(|salt| (salt.form.as_str(), salt.cas.as_deref(), salt.factor_ppm))
        .collect();
    assert_eq!(
        factors,
        [("base", Some("437-38-7"), 1_000_000), ("citrate", None, 640_000)]
    );
    Ok(())
}

#[test]
fn a_wrong_line_of_substances_is_refused_with_its_line() {
    for (line, expected) in [
        (
            "fentanyl,Fentanyl,437-38-7,I,1964-12-13,year,yes,list,1",
            "fentanyl is given twice",
        ),
        ("Fentanyl,Fentanyl,437-38-7,I,1964-12-13,year,yes,list,1", "lower-case"),
        ("other,,437-38-7,I,1964-12-13,year,yes,list,1", "needs a name"),
        ("other,Other,437-38-6,I,1964-12-13,year,yes,list,1", "CAS"),
        ("other,Other,437-38-7,III,1964-12-13,year,yes,list,1", "`III`"),
        ("other,Other,437-38-7,I,1964-13-13,year,yes,list,1", "month"),
        ("other,Other,437-38-7,I,1964-12-13,perhaps,yes,list,1", "`perhaps`"),
        ("other,Other,437-38-7,I,1964-12-13,year,maybe,list,1", "`maybe`"),
        ("other,Other,437-38-7,I,1964-12-13,year,yes,,1", "source"),
        ("other,Other", "2 fields"),
    ] {
        let error = parse(&format!("{SUBSTANCES}{line}\n"), SALTS).err();
        let (place, text) = error.map(|error| (error.line, error.to_string())).unwrap_or_default();
        assert!(place == 3 && text.contains(expected), "{line}: {text}");
    }
}

#[test]
fn a_wrong_line_of_salts_is_refused_with_its_line() {
    for (line, expected) in [
        ("fentanyl,base,,1000000,list,1", "fentanyl base is given twice"),
        (
            "morphine,base,,1000000,list,1",
            "morphine is missing from substances.csv",
        ),
        ("fentanyl,citrate,,0,list,1", "from 1 to 1000000"),
        ("fentanyl,citrate,,1000001,list,1", "from 1 to 1000000"),
        ("fentanyl,citrate,,0.6365,list,1", "column factor_ppm"),
        ("fentanyl,citrate,990-73-9,636500,list,1", "CAS"),
        ("fentanyl,,,636500,list,1", "the form"),
        ("fentanyl,citrate acid,,636500,list,1", "lower-case letters and hyphens"),
        ("fentanyl,citrate,,636500,list,", "version"),
    ] {
        let error = parse(SUBSTANCES, &format!("{SALTS}{line}\n")).err();
        let (place, text) = error.map(|error| (error.line, error.to_string())).unwrap_or_default();
        assert!(place == 3 && text.contains(expected), "{line}: {text}");
    }
}

#[test]
fn a_drug_without_its_base_is_refused() {
    let salts = "substance,form,cas,factor_ppm,source,version\nfentanyl,citrate,,636500,list,1\n";
    let text = parse(SUBSTANCES, salts).err().map(|error| error.to_string());
    assert_eq!(
        text.as_deref(),
        Some("the reference table salts.csv: fentanyl has no line for its base")
    );
    assert!(parse(SUBSTANCES, &SALTS.replace("1000000", "999999")).is_err());
    assert!(parse(SUBSTANCES, &"x".repeat(TABLE_BYTES_MAX + 1)).is_err_and(|error| error.reason.contains("bytes")));
}
