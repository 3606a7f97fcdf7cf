use std::collections::BTreeSet;

use super::*;

#[test]
fn no_two_images_share_a_name() {
    for origin in [Origin::Built, Origin::Published] {
        let all = Image::ALL.into_iter();
        let names: BTreeSet<_> = all.map(|image| image.reference(origin)).collect();
        assert_eq!(names.len(), Image::ALL.len());
    }
}

#[test]
fn what_is_built_here_is_never_called_as_if_it_were_published() {
    for image in Image::ALL {
        assert!(image.reference(Origin::Built).starts_with(BUILT_PREFIX), "{image:?}");
    }
}

#[test]
fn published_images_are_used_where_a_registry_answers() {
    assert_eq!(Image::Postgres(Major::Fifteen).reference(Origin::Published), "docker.io/library/postgres:15");
    assert!(Image::Node.is_pulled(Origin::Published) && !Image::Node.is_pulled(Origin::Built));
}

#[test]
fn minio_is_built_everywhere_because_nobody_publishes_it_any_more() {
    assert!(!Image::Minio.is_pulled(Origin::Published));
    assert!(Image::Minio.reference(Origin::Published).starts_with(BUILT_PREFIX));
}

#[test]
fn the_template_gives_each_major_the_name_of_its_image() {
    for origin in [Origin::Built, Origin::Published] {
        for major in Major::LOADED {
            let filled = postgres_template(origin).replace("{major}", &major.number().to_string());
            assert_eq!(filled, Image::Postgres(major).reference(origin));
        }
    }
}

#[test]
fn a_version_is_known_by_its_number_if_a_release_of_debian_has_it() {
    for number in 0..=u8::MAX {
        assert_eq!(
            Major::of(number).map(Major::number),
            [13, 15, 17, 18].contains(&number).then_some(number)
        );
    }
}

#[test]
fn the_lists_of_a_release_to_come_are_read_after_their_day() {
    let lines = |major| Image::Postgres(major).recipe().lines;
    assert!(
        lines(Major::Eighteen).find("Check-Valid-Until").unwrap()
            < lines(Major::Eighteen).find("update").unwrap()
    );
    assert!(!lines(Major::Seventeen).contains("Check-Valid-Until"));
}

#[test]
fn a_change_of_the_base_changes_what_is_built_on_it() {
    let on = |from| Recipe { from: Some(from), ..Image::Kopia.recipe() };
    let key = |recipe: Recipe| recipe.add_to(KeyBuilder::of("image"), Origin::Built).finish();
    assert_ne!(key(on(Image::Base)), key(on(Image::Debian(Suite::Trixie))));
}

#[test]
fn a_change_of_one_line_changes_the_key() {
    let key = |recipe: Recipe| recipe.add_to(KeyBuilder::of("image"), Origin::Built).finish();
    let changed = Recipe { lines: "COPY bin/kopia /bin/\n".into(), ..Image::Kopia.recipe() };
    assert_ne!(key(Image::Kopia.recipe()), key(changed));
}

#[test]
fn the_node_carries_every_image_of_its_control_plane() {
    let node = Image::Node.recipe();
    assert_eq!(node.archive.len(), Image::control_plane().len());
    assert!(
        node.archive.iter().any(|(image, name)| *image == Image::Pause && name.ends_with("/pause:3.10.1"))
    );
}

#[test]
fn every_program_an_image_copies_is_one_its_tools_give() {
    for image in Image::ALL {
        let recipe = image.recipe();
        let given: BTreeSet<_> = recipe.tools.iter().flat_map(|tool| tool.binaries()).collect();
        for word in recipe.lines.split_whitespace().filter_map(|word| word.strip_prefix("bin/")) {
            assert!(given.contains(word), "{image:?} copies {word}");
        }
    }
}

#[test]
fn the_user_postgres_is_made_before_the_package_could_choose_another_number() {
    let lines = Image::Postgres(Major::Seventeen).recipe().lines;
    assert!(lines.find("--uid=999").unwrap() < lines.find("postgresql-17").unwrap());
}
