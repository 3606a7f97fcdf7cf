//! What is backed up, and whether it came back.

use std::{fs, path::Path};
use tokio::process::Command;

const SMALL: usize = 60;

/// Bytes that neither compress nor repeat.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0.to_le_bytes()
        });
        words.flatten().take(length).collect()
    }
}

/// What looks like a data directory: so many large files of a megabyte and more, many small ones, and names that have to be written carefully.
pub(crate) fn make(folder: &Path, large: usize) {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for place in ["base/16384", "global", "pg_wal", "Ünlaut und +leer"] {
        fs::create_dir_all(folder.join(place)).unwrap();
    }
    for nth in 0..large {
        fs::write(folder.join(format!("base/16384/{nth}")), noise.bytes((1 << 20) + nth * 4099)).unwrap();
    }
    for nth in 0..SMALL {
        fs::write(folder.join(format!("Ünlaut und +leer/{nth} %41")), noise.bytes(1 + nth * 97)).unwrap();
    }
    fs::write(folder.join("pg_wal/empty"), "").unwrap();
    fs::write(folder.join("PG_VERSION"), "17\n").unwrap();
    fs::write(folder.join("global/pg_control"), noise.bytes(8192)).unwrap();
}

/// Every file and every byte.
pub(crate) async fn are_the_same(one: &Path, other: &Path, large: usize) {
    let compared = Command::new("diff").arg("-r").args([one, other]).output().await.unwrap();
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
    let compared = fs::read_dir(other.join("base/16384")).unwrap().count();
    assert_eq!(compared, large, "nothing was compared");
}
