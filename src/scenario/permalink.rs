//! The permalink: a scenario and a view of it in the fragment of an address (CONTRACT 6).
//!
//! `#PRESET?name=value&...`, percent-encoded, or, where that is over 1,500 characters, `#~1` and the unpadded
//! base64url of the raw deflate of JSON. A part that cannot be used is reported, never dropped in silence.

mod open;

use super::document::Document;
use super::patch;
use super::presets::{self, Preset};
use super::refusal::Refusal;
use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::Us;
use crate::strategy::StrategyId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

pub use open::decode;

/// The longest readable link; a longer one is packed.
pub const LONGEST_READABLE: usize = 1_500;

/// What a link says besides the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The instant that is looked at.
    pub at: Option<Us>,
    /// The strategies that are compared.
    pub compare: Vec<StrategyId>,
    /// Which view of the page.
    pub view: Option<String>,
    /// `light`, `dark` or `auto`.
    pub theme: Option<String>,
    /// The first 8 hex digits of the trace's hash: if it differs, the preset has changed since.
    pub h: Option<String>,
}

/// What came of opening a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opened {
    /// The scenario, without the parts that were refused; `None` if there is none or it could not be opened at all.
    pub document: Option<Document>,
    /// What the link says besides.
    pub extras: Extras,
    /// The parts that could not be used.
    pub refusals: Vec<Refusal>,
}

/// What may stand unencoded in a value. Quotes, backticks and brackets may not: links stand in shells and in Markdown.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'(')
    .remove(b')');

/// The link to a scenario, from `#` on.
#[must_use]
pub fn encode(document: &Document, extras: &Extras) -> String {
    let preset = document.name().and_then(|name| presets::find(name).ok());
    if let Some(preset) = preset {
        let readable = readable(document, preset, extras);
        if readable.len() <= LONGEST_READABLE && opens_as(&readable, document) {
            return readable;
        }
        let base = preset.document();
        let packed = packed(Some(preset.id), patch::between(base.root(), document.root()), extras);
        if opens_as(&packed, document) {
            return packed;
        }
    }
    packed(None, document.root().clone(), extras)
}

fn opens_as(link: &str, document: &Document) -> bool {
    let opened = open::assemble(link);
    let same = |other: &Document| patch::same(other.root(), document.root());
    opened.refusals.is_empty() && opened.document.as_ref().is_some_and(same)
}

fn readable(document: &Document, preset: &Preset, extras: &Extras) -> String {
    let base = preset.document();
    let mut settings = patch::settings(base.root(), document.root());
    // What a reader looks for first.
    sort_by_key(&mut settings, |(path, _)| match path.as_str() {
        "strategy" => 0,
        "seed" => 1,
        _ => 2,
    });
    let mut pairs = settings;
    if base.faults() != document.faults() {
        let place = pairs.iter().take_while(|(path, _)| path == "strategy" || path == "seed").count();
        pairs.insert(place, ("faults".to_owned(), document.faults().join(",")));
    }
    pairs.extend(extra_pairs(extras).map(|(name, value)| (name.to_owned(), value)));
    let pair = |(name, value): &(String, String)| {
        format!("{}={}", utf8_percent_encode(name, VALUE), utf8_percent_encode(value, VALUE))
    };
    let query: Vec<String> = pairs.iter().map(pair).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("#{}{mark}{}", preset.id, query.join("&"))
}

fn extra_pairs(extras: &Extras) -> impl Iterator<Item = (&'static str, String)> {
    let compare: Vec<&str> = extras.compare.iter().map(|strategy| strategy.id()).collect();
    let compare = (!compare.is_empty()).then(|| compare.join(","));
    let at = extras.at.map(|at| at.to_string());
    let pairs = [("at", at), ("compare", compare), ("view", extras.view.clone()), ("theme", extras.theme.clone())];
    pairs.into_iter().chain([("h", extras.h.clone())]).filter_map(|(name, value)| Some((name, value?)))
}

fn packed(preset: Option<&str>, patch: Map<String, Value>, extras: &Extras) -> String {
    let mut root = Map::new();
    root.insert("preset".to_owned(), preset.map_or(Value::Null, Value::from));
    root.insert("patch".to_owned(), Value::Object(patch));
    root.extend(extra_pairs(extras).map(|(name, value)| (name.to_owned(), Value::from(value))));
    let json = Value::Object(root).to_string();
    let deflated = miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 10);
    format!("#~1{}", URL_SAFE_NO_PAD.encode(deflated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Choices;
    use proptest::prelude::*;
    use serde_json::json;

    fn preset(id: &str) -> Document {
        presets::find(id).unwrap().document()
    }

    fn changed(id: &str, patch: &Value) -> Document {
        let mut document = preset(id);
        document.merge_patch(patch.as_object().unwrap());
        document
    }

    fn words(refusals: &[Refusal]) -> Vec<String> {
        refusals.iter().map(ToString::to_string).collect()
    }

    #[test]
    #[rustfmt::skip]
    fn readable_links() {
        let none = Extras::default();
        let full = Extras {
            at: Some(Us(12_503_000)),
            compare: vec![StrategyId::DirectDbFirst, StrategyId::Outbox],
            view: Some("space-time".into()),
            theme: Some("dark".into()),
            h: Some("0123abcd".into()),
        };
        let table = [
            (json!({}),                                       &none, "#missing-search-index"),
            (json!({"strategy": "outbox"}),                   &none, "#missing-search-index?strategy=outbox"),
            (json!({"direct": {"gap": null}, "seed": 8}),     &none, "#missing-search-index?seed=8&direct.gap=null"),
            (json!({"faults": ["crash:app@12.5s+2s", {"kind": "late", "target": "app-search-index", "pass": 2, "for": "1s"}]}), &none,
             "#missing-search-index?faults=crash:app@12.5s+2s,late:app-search-index*2+1s"),
            (json!({"faults": null}),                         &none, "#missing-search-index?faults="),
            (json!({"title": "a & b = c, \u{e9}?"}),           &none, "#missing-search-index?title=a%20%26%20b%20%3D%20c,%20%C3%A9%3F"),
            (json!({"title": "7"}),                           &none, "#missing-search-index?title=%227%22"),
            (json!({"direct": {"retry": {"attempts": 3}}}),   &none, "#missing-search-index?direct.retry.attempts=3"),
            (json!({"strategy": "outbox"}),                   &full,
             "#missing-search-index?strategy=outbox&at=12503ms&compare=direct-db-first,outbox&view=space-time&theme=dark&h=0123abcd"),
        ];
        for (patch, extras, want) in table {
            let document = changed("missing-search-index", &patch);
            assert_eq!(encode(&document, extras), want);
            let opened = decode(want);
            assert_eq!(opened.refusals, []);
            assert_eq!(&opened.extras, extras);
            assert!(patch::same(opened.document.unwrap().root(), document.root()), "{want}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn refused_parts() {
        let table: [(&str, bool, &[&str]); 18] = [
            ("#mising-search-index",                  false, &[r#"preset is "mising-search-index". It must be one of PRESETS. Did you mean missing-search-index?"#]),
            ("#outbox?at=12",                         true,  &[r#"at is "12". A time needs a unit: "12s"."#]),
            ("#outbox?theme=drak",                    true,  &[r#"theme is "drak". It must be one of light, dark, auto. Did you mean dark?"#]),
            ("#outbox?h=12",                          true,  &[r#"h is "12". It must be 8 hex digits."#]),
            ("#outbox?view=",                         true,  &[r#"view is "". It must be the name of a view, of 1 to 32 small letters, digits and hyphens."#]),
            ("#outbox?compare=outbox,outbx",          true,  &[r#"compare is "outbx". It must be one of STRATEGIES. Did you mean outbox?"#]),
            ("#outbox?seed",                          true,  &[r#"link is "seed". It must be name=value, percent-encoded UTF-8."#]),
            ("#outbox?seed=1&",                       true,  &[r#"link is "". It must be name=value, percent-encoded UTF-8."#]),
            ("#outbox?",                              true,  &[r#"link is "". It must be name=value, percent-encoded UTF-8."#]),
            ("#outbox?title=%zz",                     true,  &[r#"link is "title=%zz". It must be name=value, percent-encoded UTF-8."#]),
            ("#outbox?title=%ff",                     true,  &[r#"link is "title=%ff". It must be name=value, percent-encoded UTF-8."#]),
            ("#outbox?seed=1&seed=2",                 true,  &[r#"seed is "2". It stands twice in the link; the first one holds."#]),
            ("#outbox?seed.x=1",                      true,  &[r#"seed is 7. It has no members that could be set."#]),
            ("#outbox?faults=crash:ap@12s,crash:app@1s", true, &[r#"faults[0].target is "ap". It must be one of NODES. Did you mean app?"#]),
            ("#outbox?workload.mix.updat=1&seed=3",   true,  &[r#"workload.mix.updat is 1. There is no such option; there are insert, update, delete. Did you mean update?"#]),
            ("#~2abc",                                false, &[r#"link is "~2". This page knows links of version 1, which begin with #~1."#]),
            ("#~1???",                                false, &[r#"link is "~1???". It is not whole: it is not base64url. Was it cut off when it was copied?"#]),
            ("#~1AAAA",                               false, &[r#"link is "~1AAAA". It is not whole: it does not unpack. Was it cut off when it was copied?"#]),
        ];
        let ids = presets::PRESETS.iter().map(|preset| preset.id.to_owned()).collect();
        let presets = Choices { ids, meant: None }.to_string().trim_end_matches('.').to_owned();
        let strategies = StrategyId::IDS.join(", ");
        let nodes = crate::scenario::validate::members_of(&Document::default(), "nodes").unwrap().join(", ");
        let full = |want: &&str| want.replace("PRESETS", &presets).replace("STRATEGIES", &strategies).replace("NODES", &nodes);
        for (link, opens, want) in table {
            let opened = decode(link);
            assert_eq!(words(&opened.refusals), want.iter().map(full).collect::<Vec<_>>(), "{link}");
            assert_eq!(opened.document.is_some(), opens, "{link}");
            if let Some(document) = opened.document {
                assert!(document.plan().is_ok(), "{link}");
            }
        }
        let partly = decode("#outbox?faults=crash:ap@12s,crash:app@1s&seed=3").document.unwrap();
        assert_eq!((partly.faults(), partly.get("seed")), (vec!["crash:app@1s".to_owned()], Some(&json!(3))));
        assert_eq!(decode(""), Opened::default());
        assert_eq!(decode("#"), Opened::default());
        assert!(decode("https://example.org/lab/#outbox?seed=3").document.is_some());
    }

    #[test]
    fn a_bomb_does_not_unpack() {
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 64 << 20], 10);
        let opened = decode(&format!("#~1{}", URL_SAFE_NO_PAD.encode(bomb)));
        assert!(opened.refusals[0].to_string().contains("more than 1048576 bytes"), "{}", opened.refusals[0]);
    }

    #[test]
    fn a_link_that_was_cut_off() {
        let link = encode(&Document::parse(r#"{"seed": 3}"#).unwrap(), &Extras::default());
        assert!(link.starts_with("#~1"));
        for end in 3..link.len() {
            let opened = decode(&link[..end]);
            assert!(opened.document.is_none() && opened.refusals.len() == 1, "{}", &link[..end]);
        }
    }

    /// CONTRACT 6: at most 2,048 characters for 40 faults, here all different and long.
    #[test]
    fn forty_faults() {
        let mut document = preset("missing-search-index").with_strategy(StrategyId::Outbox);
        for n in 0..40u32 {
            let pass = n.wrapping_mul(7919) % 997;
            let fault = match n % 5 {
                0 => format!("crash:search-index-consumer@consumer.after-apply-before-commit*{pass}+{}ms", 1000 + pass),
                1 => format!("delay:broker-search-index-consumer*{pass}+{}us", 1000 + pass * 13),
                2 => format!("crash:relay@relay.after-ack-before-mark*{pass}"),
                3 => format!("crash:app@{}.{pass}s+{}ms", n, pass * 3),
                _ => format!("ack-lost:search-index-consumer-search-index*{pass}"),
            };
            document.add_fault(&fault).unwrap();
        }
        let link = encode(&document, &Extras { at: Some(Us(1_234_567)), ..Extras::default() });
        assert!(link.starts_with("#~1") && link.len() <= 2_048, "{} characters", link.len());
        assert_eq!(decode(&link).document, Some(document));
    }

    /// Some JSON that could stand in a document: no `null`, which a patch cannot say.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0u32..1000).prop_map(Value::from),
            (0u32..1000).prop_map(|n| Value::from(f64::from(n) / 16.0)),
            "[ -~\u{e9}\u{4e2d}]{0,12}".prop_map(Value::from),
            "(crash|late):[a-z-]{1,9}(@|\\*)[0-9]{1,3}(s|)".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    fn name() -> impl Strategy<Value = String> {
        const KNOWN: [&str; 10] =
            ["strategy", "seed", "at", "faults", "stores", "search-index", "title", "direct", "gap", "view"];
        prop_oneof![prop::sample::select(&KNOWN[..]).prop_map(str::to_owned), "[a-z.=&%*-]{0,6}"]
    }

    proptest! {
        /// Whatever a document holds, its link opens as the same.
        #[test]
        fn round_trip(
            id in prop::sample::select(vec!["outbox", "missing-search-index", "no-preset"]),
            members in prop::collection::vec((name(), value()), 0..6),
            at in prop::option::of(0u64..100_000_000),
        ) {
            let base = presets::find(id).map(Preset::document).unwrap_or_default();
            let mut document = base.named(id);
            document.root.extend(members);
            let extras = Extras { at: at.map(Us), ..Extras::default() };
            let link = encode(&document, &extras);
            let opened = open::assemble(&link);
            prop_assert_eq!(&opened.refusals, &[]);
            prop_assert!(patch::same(opened.document.unwrap().root(), document.root()), "{}", link);
            prop_assert_eq!(decode(&link).extras, extras);
        }
    }
}
