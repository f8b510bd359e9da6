//! The store as its users see it: one conformance suite that every engine passes, and what is special to one of them.

#[path = "store/conformance_journal.rs"]
mod conformance_journal;
#[path = "store/conformance_register.rs"]
mod conformance_register;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/local.rs"]
mod local;
#[path = "store/material.rs"]
mod material;
#[path = "store/reopen.rs"]
mod reopen;
#[path = "store/url.rs"]
mod url;

/// Runs every check of the suite on an engine, as a test of its own.
macro_rules! conformance {
    ($($module:ident::{$($check:ident),* $(,)?})*) => {
        mod memory {
            $($(#[test] fn $check() { super::material::on("memory:", super::$module::$check); })*)*
        }
        mod sqlite {
            $($(#[test] fn $check() { super::material::on("sqlite:", super::$module::$check); })*)*
        }
    };
}

conformance! {
    conformance_journal::{
        appended_groups_are_read_back_byte_for_byte,
        another_first_seq_is_a_conflict_and_changes_nothing,
        a_group_that_contradicts_itself_is_refused,
        an_empty_group_is_nothing,
        the_visitor_may_stop_and_limits_hold,
        leaves_end_where_the_journal_ends,
        tiles_are_found_by_level_and_index,
        a_group_with_a_tile_stored_before_changes_nothing,
        checkpoints_are_kept_once,
        cosignatures_belong_to_checkpoints,
        a_reader_sees_what_is_appended_later,
        a_reader_in_the_middle_of_a_read_does_not_block_the_writer,
        a_whole_journal_has_no_findings,
    }
    conformance_register::{
        a_new_register_wants_seq_0,
        a_flush_moves_the_cursor_and_answers_queries,
        entries_are_found_backwards_by_kind_and_actor,
        rows_outside_of_the_chunk_are_a_conflict,
        the_order_of_rows_does_not_matter,
        the_first_holder_of_a_command_id_keeps_it,
        movements_are_found_by_site_and_batch_across_months,
        movements_come_in_pages,
        movements_come_in_reverse_too,
        refusals_of_an_actor_come_newest_first,
        the_content_is_the_same_on_every_engine,
        a_rebuilt_register_has_the_same_content,
        any_difference_changes_the_content_hash,
        names_take_the_last_text,
    }
}
