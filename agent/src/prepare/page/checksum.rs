//! The checksum of a page, for the one page that is changed without the server.
//!
//! Input: a page and its number in the relation. Output: the sum. Must not: be used to make a damaged page look sound.

use super::SIZE;

/// Sums that are computed side by side, each with its own beginning (`storage/checksum_impl.h`).
const BEGINNINGS: [u32; 32] = [
    0x5B1F_36E9,
    0xB852_5960,
    0x02AB_50AA,
    0x1DE6_6D2A,
    0x79FF_467A,
    0x9BB9_F8A3,
    0x217E_7CD2,
    0x83E1_3D2C,
    0xF8D4_474F,
    0xE39E_B970,
    0x42C6_AE16,
    0x9932_16FA,
    0x7B09_3B5D,
    0x98DA_FF3C,
    0xF718_902A,
    0x0B1C_9CDB,
    0xE58F_764B,
    0x1876_36BC,
    0x5D7B_3BB1,
    0xE73D_E7DE,
    0x92BE_C979,
    0xCCA6_C0B2,
    0x304A_0979,
    0x85AA_43D4,
    0x7831_25BB,
    0x6CA8_EAA2,
    0xE407_EAC6,
    0x4B5C_FC3E,
    0x9FBF_8C76,
    0x15CA_20BE,
    0xF2CA_9FD3,
    0x959B_D756,
];
const PRIME: u32 = 16_777_619;
/// Where the sum stands in the header; counted as zero.
pub(in crate::prepare) const AT: usize = 8;

/// The sum of `page`, which is number `block` of its relation.
pub(in crate::prepare) fn checksum(page: &[u8; SIZE], block: u32) -> u16 {
    let mut sums = BEGINNINGS;
    for (index, word) in page.chunks_exact(4).enumerate() {
        let mut word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        if index == AT / 4 {
            word &= 0xffff_0000;
        }
        step(&mut sums[index % 32], word);
    }
    for _ in 0..2 {
        for sum in &mut sums {
            step(sum, 0);
        }
    }
    let mixed = sums.iter().fold(0, |mixed, sum| mixed ^ sum) ^ block;
    u16::try_from(mixed % 65535 + 1).unwrap_or(u16::MAX)
}

fn step(sum: &mut u32, word: u32) {
    let mixed = *sum ^ word;
    *sum = mixed.wrapping_mul(PRIME) ^ (mixed >> 17);
}

#[cfg(test)]
mod tests {
    use super::{AT, SIZE, checksum};

    #[test]
    fn the_sum_depends_on_every_byte_but_its_own_and_on_the_number_of_the_page() {
        let page = [7; SIZE];
        let sum = checksum(&page, 3);
        for at in (0..SIZE).filter(|at| ![AT, AT + 1].contains(at)) {
            let mut changed = page;
            changed[at] = 8;
            assert_ne!(checksum(&changed, 3), sum, "{at}");
        }
        let mut stored = page;
        stored[AT..AT + 2].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(checksum(&stored, 3), sum);
        assert_ne!(checksum(&page, 4), sum);
    }
}
