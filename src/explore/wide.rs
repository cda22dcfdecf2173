//! Numbers of 256 bits, as far as an exact variance needs them.

/// An unsigned number of 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    /// The exact product.
    #[must_use]
    pub const fn product(a: u128, b: u128) -> Wide {
        const HALF: u128 = (1 << 64) - 1;
        let (a1, a0, b1, b0) = (a >> 64, a & HALF, b >> 64, b & HALF);
        let (low, mid1, mid2, high) = (a0 * b0, a1 * b0, a0 * b1, a1 * b1);
        let carry = (low >> 64) + (mid1 & HALF) + (mid2 & HALF);
        Wide { high: high + (mid1 >> 64) + (mid2 >> 64) + (carry >> 64), low: carry << 64 | low & HALF }
    }

    /// The difference; zero if it would be negative.
    #[must_use]
    pub const fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let (high, under) = self.high.overflowing_sub(other.high);
        let (high, under_too) = high.overflowing_sub(borrow as u128);
        if under || under_too { Wide { high: 0, low: 0 } } else { Wide { high, low } }
    }

    /// The nearest floating-point number, within a rounding or two.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        const TWO_128: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
        self.high as f64 * TWO_128 + self.low as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_differences() {
        let max = u128::MAX;
        // (2^128 - 1)^2 = 2^256 - 2^129 + 1
        assert_eq!(Wide::product(max, max), Wide { high: max - 1, low: 1 });
        assert_eq!(Wide::product(3, 1 << 127), Wide { high: 1, low: 1 << 127 });
        assert_eq!(Wide::product(1 << 64, 1 << 64), Wide { high: 1, low: 0 });
        let difference = Wide::product(3, 1 << 127).minus(Wide { high: 0, low: (1 << 127) + 1 });
        assert_eq!(difference, Wide { high: 0, low: max });
        assert_eq!(Wide { high: 0, low: 1 }.minus(Wide { high: 0, low: 2 }), Wide { high: 0, low: 0 });
        assert_eq!(Wide { high: 1, low: 0 }.as_f64(), 2.0 * (1u128 << 127) as f64);
    }
}
