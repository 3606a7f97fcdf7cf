//! The checksums a backup's manifest may hold.
//!
//! Input: a file. Output: its checksum as the manifest writes it: hexadecimal digits of the bytes in memory. Must not:
//! hold the file in memory.

use crc::{CRC_32_ISCSI, Crc, Table};
use serde::Deserialize;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use std::io::{self, Read};

/// Sixteen bytes at a time.
const CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
const BUFFER: usize = 1 << 18;

/// Which checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Digest {
    /// What is taken unless another is asked for.
    Crc32c,
    /// One of the SHA-2 family, as are those that follow.
    Sha224,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

impl Digest {
    /// Of all that `file` has.
    pub(super) fn of(self, file: impl Read) -> io::Result<String> {
        match self {
            Self::Crc32c => {
                let mut digest = CRC32C.digest();
                each(file, |bytes| digest.update(bytes))?;
                Ok(hex::encode(digest.finalize().to_le_bytes()))
            }
            Self::Sha224 => sha::<Sha224>(file),
            Self::Sha256 => sha::<Sha256>(file),
            Self::Sha384 => sha::<Sha384>(file),
            Self::Sha512 => sha::<Sha512>(file),
        }
    }
}

fn sha<D: sha2::Digest>(file: impl Read) -> io::Result<String> {
    let mut digest = D::new();
    each(file, |bytes| digest.update(bytes))?;
    Ok(hex::encode(digest.finalize()))
}

fn each(mut file: impl Read, mut update: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            length => update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn known_values_come_out_as_a_manifest_has_them() {
        // the check value of CRC-32C is e3069283, and the machine's order turns its bytes round
        for (digest, known) in [
            (Digest::Crc32c, "839206e3"),
            (Digest::Sha224, "9b3e61bf29f17c75572fae2e86e17809a4513d07c8a18152acf34521"),
            (Digest::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ] {
            assert_eq!(digest.of(b"123456789".as_slice()).unwrap(), known, "{digest:?}");
        }
        assert_eq!(Digest::Sha384.of(b"".as_slice()).unwrap().len(), 96);
        assert_eq!(Digest::Sha512.of(b"".as_slice()).unwrap().len(), 128);
    }

    #[test]
    fn names_are_those_of_the_format() {
        for (name, digest) in [("CRC32C", Digest::Crc32c), ("SHA512", Digest::Sha512)] {
            assert_eq!(serde_json::from_value::<Digest>(name.into()).unwrap(), digest);
        }
        assert!(serde_json::from_value::<Digest>("MD5".into()).is_err());
    }
}
