//! The stable hash, of a trace and of a row: xxh3-64 over little-endian bytes, the same on every target.

use xxhash_rust::xxh3::Xxh3;

/// Takes a trace's bytes as they come and gives its hash.
#[derive(Clone)]
pub struct TraceHasher {
    state: Xxh3,
}

impl std::fmt::Debug for TraceHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TraceHasher({:016x})", self.finish())
    }
}

impl Default for TraceHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl TraceHasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        TraceHasher { state: Xxh3::new() }
    }

    /// Takes more bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// The hash of all bytes so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        self.state.digest()
    }
}

/// The hash of bytes that are there at once.
#[must_use]
pub fn of(bytes: &[u8]) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.bytes(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the reference implementation: the empty input with seed 0.
    #[test]
    fn vectors() {
        assert_eq!(TraceHasher::new().finish(), 0x2d06_8005_38d3_94c2);
        let (mut one, mut two) = (TraceHasher::new(), TraceHasher::new());
        one.bytes(b"driftscope");
        two.bytes(b"drift");
        two.bytes(b"scope");
        assert_eq!(one.finish(), two.finish());
        assert_eq!(of(b"driftscope"), one.finish());
        assert_ne!(of(b""), 0);
    }
}
