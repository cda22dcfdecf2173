//! The anomalies, and what a row is when it is compared with the source.

crate::ids! {
    /// An anomaly of a row, of an event, or of an operation (CONTRACT 3).
    pub enum Anomaly {
        /// The source has the row, the store does not.
        Missing = "missing",
        /// The store has an older state.
        Stale = "stale",
        /// The store has what the source never had, or has no more.
        Ghost = "ghost",
        /// An effect happened more than once.
        DuplicateEffect = "duplicate-effect",
        /// A committed event that was never delivered.
        Lost = "lost",
        /// A delivered event that was never committed.
        GhostEvent = "ghost-event",
        /// An event that was delivered more than once.
        Duplicate = "duplicate",
        /// An event that was delivered after a later one of its key.
        Reordered = "reordered",
        /// A consumer read the source before the event's commit was visible.
        EarlyRead = "early-read",
        /// An operation that waited too long.
        Blocked = "blocked",
    }
}

crate::ids! {
    /// What a row of a store is, compared with the source. Its id is the css class on the page.
    pub enum RowState {
        /// No row on either side.
        NoRow = "no-row",
        /// The same as in the source; or a row of the source itself.
        Same = "same",
        /// It differs, but what will mend it is on its way.
        InFlight = "in-flight",
        /// The source has it, the store does not.
        Missing = "missing",
        /// The store has an older state.
        Stale = "stale",
        /// The store has what the source never had, or has no more.
        Ghost = "ghost",
        /// An effect happened more than once.
        DuplicateEffect = "duplicate-effect",
    }
}

impl RowState {
    /// The states that differ, the worst first.
    pub const WORST: [RowState; 4] = [RowState::Missing, RowState::Ghost, RowState::Stale, RowState::DuplicateEffect];

    /// Whether it counts as an anomaly.
    #[must_use]
    pub const fn differs(self) -> bool {
        self.anomaly().is_some()
    }

    /// The anomaly that it is.
    #[must_use]
    pub const fn anomaly(self) -> Option<Anomaly> {
        match self {
            RowState::NoRow | RowState::Same | RowState::InFlight => None,
            RowState::Missing => Some(Anomaly::Missing),
            RowState::Stale => Some(Anomaly::Stale),
            RowState::Ghost => Some(Anomaly::Ghost),
            RowState::DuplicateEffect => Some(Anomaly::DuplicateEffect),
        }
    }

    /// Its word on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            RowState::NoRow => "no row",
            RowState::Same => "same as source",
            RowState::InFlight => "on its way",
            RowState::Missing => "missing",
            RowState::Stale => "stale",
            RowState::Ghost => "ghost",
            RowState::DuplicateEffect => "effect twice",
        }
    }
}
