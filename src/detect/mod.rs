//! What an operator could have known: one file a detector, one row here. Each sees `Observed` only.

crate::ids! {
    /// A detector.
    pub enum DetectorKind {
        /// How many calls of the second write failed since the last look.
        PublishFailureRate = "publish-failure-rate",
        /// How far the consumers are behind: the log's end, or the source's version.
        OffsetLag = "offset-lag",
        /// How much the number of rows differs.
        CountCompare = "count-compare",
    }
}
