use super::{NORMAL, Page, SIZE, SIZE_AND_VERSION};
use proptest::prelude::*;

/// A sound page that holds `items` and ends with `special`.
pub(crate) fn page(items: &[Vec<u8>], special: &[u8]) -> Vec<u8> {
    let mut page = vec![0; SIZE];
    let special_at = SIZE - special.len();
    page[special_at..].copy_from_slice(special);
    let mut upper = special_at;
    for (index, item) in items.iter().enumerate() {
        upper = (upper - item.len()) & !7;
        page[upper..upper + item.len()].copy_from_slice(item);
        let pointer = u32::try_from(upper | item.len() << 17).unwrap() | NORMAL << 15;
        page[24 + 4 * index..28 + 4 * index].copy_from_slice(&pointer.to_le_bytes());
    }
    for (at, value) in [(12, 24 + 4 * items.len()), (14, upper), (16, special_at)] {
        page[at..at + 2].copy_from_slice(&u16::try_from(value).unwrap().to_le_bytes());
    }
    page[18..20].copy_from_slice(&SIZE_AND_VERSION.to_le_bytes());
    page
}

#[test]
fn items_in_use_are_found_by_their_pointers() {
    let page = page(&[b"one".to_vec(), b"two".to_vec()], &[0; 16]);
    let items: Vec<_> = Page(&page).items().map(|item| item[..3].to_vec()).collect();
    assert_eq!(items, [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!((Page(&page).count(), Page(&page).flaw()), (2, None));
}

#[test]
fn fault_f10_a_header_the_server_would_refuse_is_a_flaw() {
    for (at, what) in [(10, "flags"), (12, "lower"), (14, "upper"), (16, "special"), (18, "size")] {
        let mut page = page(&[b"one".to_vec()], &[0; 16]);
        page[at] = !page[at];
        page[at + 1] = !page[at + 1];
        assert!(Page(&page).flaw().is_some(), "{what}");
    }
}

#[test]
fn a_page_that_was_never_written_is_told_from_others() {
    assert!(Page(&[0; SIZE]).is_zero());
    assert!(!Page(&page(&[], &[])).is_zero());
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let page = Page(&bytes);
        let _ = (page.flaw(), page.is_zero(), page.special(), page.items().count(), page.pointer(0));
    }
}
