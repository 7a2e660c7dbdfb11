//! Vectors that others published: a look-up that does not give them is another function.

use super::owner;
use stormseed::hashing::article::{Article, Reading};
use stormseed::hashing::{Division, Ketama, Member, Placement, jump};

#[test]
fn jump_gives_the_vectors_of_guava_and_of_the_reference_code() {
    const PAPER: Division = Division::Paper;
    let first = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
    for division in [Division::Paper, Division::Guava] {
        let drawn: Vec<u32> = (0..20).map(|key| jump(key, 100, division)).collect();
        assert_eq!(drawn, first);
        for (key, buckets, bucket) in [
            (10_863_919_174_838_991, 11, 6),
            (2_016_238_256_797_177_309, 11, 3),
            (1_673_758_223_894_951_030, 11, 5),
            (2, 100_001, 80_343),
            (2_201, 100_001, 22_152),
            (2_202, 100_001, 15_018),
            (256, 1_024, 520),
            (1, 60, 55),
            (2, 60, 46),
        ] {
            assert_eq!(jump(key, buckets, division), bucket, "{key} of {buckets}");
        }
    }
    let growing = |key: u64| -> Vec<u32> { (1..20).map(|n| jump(key, n, PAPER)).collect() };
    assert_eq!(growing(0xdead_beef), [0, 1, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 16, 16, 16]);
    assert_eq!(
        growing(0x0ddc_0ffe_ebad_f00d),
        [0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 15, 15, 15, 15]
    );
    assert_eq!(growing(1), [0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 17, 17]);
}

#[test]
fn guava_and_the_paper_disagree_on_the_witness() {
    const WITNESS: u64 = 14_893_746_225_277_792_578;
    for (buckets, paper, guava) in [(64, 63, 48), (65, 63, 64), (100, 67, 69), (1_000, 778, 801)] {
        assert_eq!(jump(WITNESS, buckets, Division::Paper), paper);
        assert_eq!(jump(WITNESS, buckets, Division::Guava), guava);
    }
}

#[test]
fn ketama_has_the_points_and_the_owners_of_libmemcached() {
    let mut ketama = Ketama::new();
    let weights = [600, 300, 200, 350, 1_000, 800, 950, 100];
    let hosts = weights
        .iter()
        .zip(1..)
        .map(|(weight, n)| Member::new(format!("10.0.1.{n}")).weighing(*weight));
    ketama.join_all(hosts.collect()).expect("eight names");
    assert_eq!(ketama.points().len(), 1_264);
    let mut counts = [0; 8];
    for (_, member) in ketama.points() {
        counts[member.index()] += 1;
    }
    assert_eq!(counts, [176, 88, 56, 104, 296, 236, 280, 28]);
    assert_eq!(ketama.points().last().map(|(at, _)| *at), Some(0xfffb_df7f));
    assert_eq!(ketama.key(b"VDEAAAAA"), 0xfffc_d1b5);
    for (key, host) in [
        ("SVa_]_V41)", 7),
        ("*/Z;?V(.\\8", 1),
        ("30C1*Z*S/_", 2),
        ("ERR:EC58G>", 7),
        ("1I=cTMNTKF", 5),
        ("]VG<`I*Z8)", 5),
        ("VDEAAAAA", 3),
    ] {
        let found = owner(&ketama, ketama.key(key.as_bytes())).map(str::to_owned);
        assert_eq!(found, Some(format!("10.0.1.{host}")), "{key}");
    }
}

#[test]
fn the_articles_look_up_finds_members_names_and_nothing_else() {
    let mut article = Article::new(Reading::Exact);
    (0..10).for_each(|n| assert!(article.join(Member::new(format!("node-{n}"))).is_ok()));
    assert_eq!(owner(&article, article.key(b"node-3")), Some("node-3"));
    let found = super::keys(&article, 100_000).iter().filter_map(|k| article.owner(*k)).count();
    assert_eq!(found, 0, "no ordinary key of 100,000 has an owner");
}

#[test]
fn the_articles_congruence_gives_a_key_no_owner_or_several() {
    let mut article = Article::new(Reading::Congruent);
    (0..10).for_each(|n| assert!(article.join(Member::new(format!("node-{n}"))).is_ok()));
    // The residues of the ten names are 8 9 8 3 2 1 8 1 9 4: four of ten are nobody's.
    let mut shares = [0u32; 4];
    for key in super::keys(&article, 100_000) {
        shares[article.owners(key).count()] += 1;
    }
    for (share, expected) in shares.iter().zip([40_000, 30_000, 20_000, 10_000]) {
        // Four standard deviations of a binomial of 100,000 are below 620.
        assert!(share.abs_diff(expected) < 620, "{shares:?}");
    }
}
