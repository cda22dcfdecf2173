//! The fidelity statement: what is modelled, simplified and absent, said beside each machine and gathered here.

use super::table::Table;
use crate::detect::{canary, checksum};
use crate::recovery;
use crate::run::simulation;
use crate::strategy::{
    cdc, direct_db_first, fire_and_forget, listen_to_yourself, outbox, publish_in_transaction, two_phase_commit,
};
use crate::world::{broker, consumer, group, inbox, nextval, outbox as outbox_table, replica, source, store, wal};

/// The statements, in the order of the rooms.
#[must_use]
pub fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let parts: [&[(&str, &str, &str)]; PARTS] = [
        &simulation::FIDELITY,
        &source::FIDELITY,
        &nextval::FIDELITY,
        &wal::FIDELITY,
        &replica::FIDELITY,
        &broker::FIDELITY,
        &consumer::FIDELITY,
        &group::FIDELITY,
        &store::FIDELITY,
        &inbox::FIDELITY,
        &direct_db_first::FIDELITY,
        &publish_in_transaction::FIDELITY,
        &fire_and_forget::FIDELITY,
        &outbox_table::FIDELITY,
        &outbox::relay::FIDELITY,
        &cdc::FIDELITY,
        &two_phase_commit::FIDELITY,
        &listen_to_yourself::FIDELITY,
        &recovery::FIDELITY,
        &checksum::FIDELITY,
        &canary::FIDELITY,
    ];
    parts.concat()
}

/// How many files make a statement; a test counts them.
pub const PARTS: usize = 21;

/// The statements as a table.
#[must_use]
pub fn table() -> Table {
    let mut table = Table::new(&["part", "here", "how"]);
    rows().into_iter().for_each(|(part, here, how)| table.push([part, here, how]));
    table
}
