//! A consumer group as its coordinator at the broker knows it (DOMAIN 2g): who is in it, and whose each partition is.
//!
//! Partitions go to the members that are in by range: in order, the first ones get one more if it does not come out even.
//! A partition moves at once from a member that is out, else when its owner polls (incremental, as KIP-848).

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 7] = [
    (
        "group: failure detection",
        "modelled",
        "session timeout from the last heartbeat; poll interval: a zombie works on, its commit is refused, it joins again",
    ),
    (
        "group: heartbeats",
        "simplified",
        "no messages: a crash of the member or a cut of its link ends them; a broker that restarts gives all a new session",
    ),
    (
        "group: rebalance",
        "simplified",
        "range, incremental as KIP-848: only what moves is given up, when its owner polls; the classic protocol stops all",
    ),
    (
        "group: members",
        "simplified",
        "one that is back within its session goes on in its place, as with `group.instance.id`; without that Kafka waits for the \
         session. One that does not poll in time leaves at once, as without it",
    ),
    (
        "group: a poll interval that ends without a link",
        "simplified",
        "the member is out when it is heard again, or its session ends; Kafka's client gives up its place by itself before",
    ),
    (
        "group: retries",
        "simplified",
        "a retry counts as a poll, as where an error handler seeks back and polls again; it neither joins nor hands over then",
    ),
    ("group: joining", "simplified", "the coordinator hears at once of who leaves, joins or gives up a partition"),
];

/// Nobody, in a list of owners.
pub const NOBODY: u16 = u16::MAX;

/// A consumer group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// By member: whether it is in, and how often it joined.
    seats: Vec<(bool, u32)>,
    /// By partition: whose it is.
    owners: Vec<u16>,
    /// By partition: whose it is to be.
    targets: Vec<u16>,
}

impl Group {
    /// A group whose members are all in.
    #[must_use]
    pub fn new(members: usize, partitions: u32) -> Group {
        let mut group =
            Group { seats: vec![(true, 1); members], owners: Vec::new(), targets: vec![NOBODY; partitions as usize] };
        group.share();
        group.owners.clone_from(&group.targets);
        group
    }

    /// Gives the partitions to those that are in.
    fn share(&mut self) {
        let inside: Vec<u16> = (0..self.seats.len() as u16).filter(|member| self.inside(*member)).collect();
        let partitions = self.targets.len();
        let (each, more) = (partitions / inside.len().max(1), partitions % inside.len().max(1));
        self.targets.fill(NOBODY);
        let mut next = 0;
        for (at, member) in inside.into_iter().enumerate() {
            let end = next + each + usize::from(at < more);
            self.targets[next..end].fill(member);
            next = end;
        }
    }

    /// Whether a member is in.
    #[must_use]
    pub fn inside(&self, member: u16) -> bool {
        self.seats.get(usize::from(member)).is_some_and(|(inside, _)| *inside)
    }

    /// How often a member joined: its epoch, by which what it sent before it was out is told from what it sends now.
    #[must_use]
    pub fn epoch(&self, member: u16) -> u32 {
        self.seats.get(usize::from(member)).map_or(0, |(_, joined)| *joined)
    }

    /// Whose a partition is.
    #[must_use]
    pub fn owner(&self, partition: u32) -> u16 {
        self.owners[partition as usize]
    }

    /// Whether a member of that epoch may commit an offset of a partition.
    #[must_use]
    pub fn may_commit(&self, member: u16, epoch: u32, partition: u32) -> bool {
        self.owner(partition) == member && self.epoch(member) == epoch
    }

    /// A member is out: nothing is its any more.
    pub fn leave(&mut self, member: u16) {
        self.seats[usize::from(member)].0 = false;
        self.owners.iter_mut().filter(|owner| **owner == member).for_each(|owner| *owner = NOBODY);
        self.share();
    }

    /// A member is in again.
    pub fn join(&mut self, member: u16) {
        let (inside, joined) = &mut self.seats[usize::from(member)];
        (*inside, *joined) = (true, *joined + 1);
        self.share();
    }

    /// Whether some partition is not yet whose it is to be.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.owners != self.targets
    }

    /// The next partition that can move, whose it was and whose it is now. `polls`: whether a member is in its poll.
    pub fn next_move(&mut self, polls: impl Fn(u16) -> bool) -> Option<(u32, u16, u16)> {
        let free = |owner: u16| owner == NOBODY || polls(owner);
        let at = (0..self.owners.len()).find(|at| self.owners[*at] != self.targets[*at] && free(self.owners[*at]))?;
        let from = std::mem::replace(&mut self.owners[at], self.targets[at]);
        Some((at as u32, from, self.targets[at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (members, partitions, owners) in [
            (1, 3, &[0, 0, 0][..]),
            (2, 3, &[0, 0, 1]),
            (2, 4, &[0, 0, 1, 1]),
            (3, 7, &[0, 0, 0, 1, 1, 2, 2]),
            (3, 2, &[0, 1]),
        ] {
            assert_eq!(Group::new(members, partitions).owners, owners, "{members} members, {partitions} partitions");
        }
    }

    #[test]
    fn a_member_that_is_out_gives_all_up_at_once_and_others_when_they_poll() {
        let mut group = Group::new(3, 3);
        assert!(!group.moves() && group.may_commit(1, 1, 1));
        group.leave(1);
        assert_eq!(group.owners, [0, NOBODY, 2]);
        assert!(!group.may_commit(1, 1, 1) && !group.inside(1));
        // Range over 0 and 2: 0, 0, 2.
        assert_eq!(group.next_move(|_| false), Some((1, NOBODY, 0)), "what is nobody's moves though nobody polls");
        assert!(!group.moves());
        group.join(1);
        assert_eq!(group.next_move(|_| false), None, "its owner is at work");
        assert!(group.moves() && group.may_commit(0, 1, 1), "until then it may commit");
        assert_eq!(group.next_move(|member| member == 0), Some((1, 0, 1)));
        assert!(group.may_commit(1, 2, 1) && !group.may_commit(1, 1, 1), "what it sent before it was out is refused");
        assert!(!group.may_commit(0, 1, 1));
    }

    #[test]
    fn the_last_one_out_leaves_nobody() {
        let mut group = Group::new(1, 2);
        group.leave(0);
        assert_eq!((group.owner(0), group.next_move(|_| true)), (NOBODY, None));
        group.join(0);
        assert_eq!(group.next_move(|_| false), Some((0, NOBODY, 0)));
        assert_eq!(group.next_move(|_| false), Some((1, NOBODY, 0)));
        assert_eq!(group.next_move(|_| false), None);
    }
}
