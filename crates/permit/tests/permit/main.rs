//! Codes are made, read, damaged and measured.

mod damage;
mod lists;
mod made;
mod reads;
mod sizes;
