//! Digests in hexadecimal, without an allocation for each.
//!
//! Input: the 32 bytes of a SHA-256. Output: their 64 digits, lower-case. Must not: be used for secrets that are printed;
//! what it holds is on its way into a header or a hash.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Sixty-four digits.
#[derive(Clone, Copy)]
pub struct Hex([u8; 64]);

impl Hex {
    /// Of a digest; what is shorter is followed by zeros.
    pub fn of(digest: &[u8]) -> Self {
        let mut digits = [b'0'; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        Self(digits)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        // Digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Hex;

    #[test]
    fn each_byte_is_two_digits() {
        let digest: Vec<u8> = (0..32).map(|n| n * 8 + 7).collect();
        assert_eq!(Hex::of(&digest).as_str(), hex::encode(&digest));
    }
}
