//! Commands that were answered are known for 72 hours, so that a repeat gets the first answer.

use domain::Envelope;
use domain::seen::Known;

use crate::world::World;

fn envelope(id: u128, title: &str) -> Envelope {
    let id = uuid::Uuid::from_u128(id);
    let line = format!(
        r#"{{"id":"{id}","as":"trainer:tess","do":"hold_session","with":{{"id":"{title}","title":"x","held_on":"2026-06-01"}}}}"#
    );
    Envelope::parse(&line, [7; 32]).expect("a command")
}

fn known(world: &World, envelope: &Envelope) -> Option<Known> {
    world.state().seen.get(&envelope.id, &envelope.hash)
}

#[test]
fn a_command_is_known_by_its_id_and_its_bytes_for_three_days() {
    let mut world = World::fixed();
    let (first, changed, second) = (envelope(1, "S-1"), envelope(1, "S-2"), envelope(2, "S-2"));
    assert_eq!(known(&world, &first), None);
    let seq = world.write(&first).first();
    assert_eq!(known(&world, &first), Some(Known::Answered { seq, count: 1 }));
    assert_eq!(known(&world, &changed), Some(Known::Reused { seq }));
    world.today = "2026-06-17".parse().expect("a day");
    world.write(&second);
    assert_eq!(
        known(&world, &first),
        Some(Known::Answered { seq, count: 1 }),
        "within 72 hours"
    );
    world.today = "2026-06-19".parse().expect("a day");
    world.write(&envelope(3, "S-3"));
    assert_eq!(known(&world, &first), None, "after 72 hours");
    assert!(known(&world, &second).is_some());
}

#[test]
fn an_answer_of_several_entries_is_known_with_all_of_them() {
    let mut world = World::fixed();
    let transform = "site=FORM-1 lot=T inputs=[{\"item\":\"citrate\",\"batch\":\"B2\",\"amount\":100000}] \
                     outputs=[{\"item\":\"amp\",\"batch\":\"T\",\"amount\":630}]";
    let first = world.as_("FORM:fang").transform(transform).first();
    let entry = &world.journal[usize::try_from(first).expect("a short journal")];
    let answer = world.state().seen.get(&entry.command_id, &entry.command_hash);
    assert_eq!(answer, Some(Known::Answered { seq: first, count: 3 }));
}

/// The hash is of the command's canonical form: blanks and the order of keys do not make another command.
#[test]
fn the_hash_of_a_command_is_of_its_meaning() {
    let read = |text: &str| Envelope::parse(text, [0; 32]).expect("a command").hash;
    let id = uuid::Uuid::from_u128(9);
    let one = format!(r#"{{"id":"{id}","as":"approver:apo","do":"reject","with":{{"of":1,"reason":"no"}}}}"#);
    let other = format!(r#"{{ "do":"reject", "with":{{"reason":"no", "of":1}}, "as":"approver:apo", "id":"{id}" }}"#);
    assert_eq!(read(&one), read(&other));
    assert_ne!(read(&one), read(&one.replace("\"no\"", "\"No\"")));
}
