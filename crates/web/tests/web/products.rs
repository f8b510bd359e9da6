//! Products as an officer registers them.

use crate::world::World;

/// What a browser sends for a tablet: every field of the form, those that were left empty too.
fn tablet<'a>(id: &'a str, strength: &'a str, paragraph: &'a str, with: &'a str) -> [(&'a str, &'a str); 13] {
    [
        ("id", id),
        ("name", "Codeine with paracetamol"),
        ("substance", "codeine"),
        ("strength", strength),
        ("strength_as", "base"),
        ("dosage_form", "tablet"),
        ("unit", "tablet"),
        ("units_per_pack", "20"),
        ("schedule_iii.paragraph", paragraph),
        ("schedule_iii.compounded_with.0.name", with),
        ("schedule_iii.compounded_with.0.amount", ""),
        ("schedule_iii.undivided_ppm", ""),
        ("schedule_iii.unrecoverable", ""),
    ]
}

#[test]
fn a_formula_of_schedule_iii_is_asked_checked_and_shown_and_may_be_left_empty() {
    let cn = World::cn();
    let officer = cn.visitor("licensing_officer:chen");
    let register =
        |id, strength, paragraph, with| officer.act("register_preparation", &tablet(id, strength, paragraph, with));
    register("codeine-30", "30 mg", "1", "paracetamol").unwrap();
    let shown = officer.get("/products/codeine-30").body;
    assert!(
        shown.contains("Exempt by paragraph 1") && shown.contains("compounded with paracetamol"),
        "{shown}"
    );
    let refused = register("codeine-101", "101 mg", "1", "paracetamol").unwrap_err();
    assert!(format!("{refused:?}").contains("0.1 g"), "{refused:?}");
    register("codeine-101", "101 mg", "", "").unwrap();
    assert!(officer.get("/products/codeine-101").body.contains("Follows no formula"));
}
