//! The JSON Schema of scenario files, made from the tables of blocks and verbs. Editors use it to
//! complete and check. `lint` checks more.

use deadheat_model::history::{Cause, Mark};
use deadheat_model::property::PropertyId;
use deadheat_model::switches::SWITCHES;
use serde_json::{Map, Value, json};

use super::Local;
use super::block::{BLOCKS, Block, EXPECTATION, ROOT, Shape, WITH};
use super::fault::FAULTS;
use super::key::{Default, Key, Kind};
use super::read::OUTCOMES;
use super::verb::{VERBS, Verb};

/// Returns the schema, pretty-printed, with a newline at its end.
pub fn schema() -> String {
    let mut properties = Map::new();
    for key in ROOT {
        properties.insert(key.name.to_owned(), described(key));
    }
    for block in BLOCKS {
        properties.insert(block.name.to_owned(), block_schema(block));
    }
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A Deadheat scenario",
        "type": "object",
        "properties": properties,
        "required": required(&[ROOT]),
        "additionalProperties": false,
        "definitions": {
            "action": action(),
            "actions": {
                "description": "A list of actions, or the name of a list under [do].",
                "anyOf": [
                    { "type": "array", "items": { "$ref": "#/definitions/action" } },
                    { "type": "string" },
                ],
            },
            "parameter": { "type": "string", "pattern": "^\\$[A-Za-z][A-Za-z0-9_-]*$" },
        },
    });
    let mut text =
        serde_json::to_string_pretty(&schema).expect("invariant: a schema is plain JSON");
    text.push('\n');
    text
}

fn block_schema(block: &Block) -> Value {
    let schema = match (block.name, block.shape) {
        ("do", _) => json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/definitions/actions" },
        }),
        (_, Shape::Free) => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "number", "boolean"] },
        }),
        (_, Shape::One) => object(&[block.keys]),
        ("fault", _) => json!({ "type": "array", "items": fault(block.keys) }),
        (_, Shape::Many) => json!({ "type": "array", "items": object(&[block.keys]) }),
        (_, Shape::Named) => json!({
            "type": "object",
            "additionalProperties": object(&[block.keys]),
        }),
    };
    with_description(schema, block.help)
}

/// Returns the schema of a fault: one of the faults' verbs, and when it strikes.
fn fault(keys: &[Key]) -> Value {
    let mut schema = object(&[keys]);
    let mut one_of = Vec::new();
    for fault in FAULTS {
        let options = object(&[fault.options]);
        let verb = or_main(options, fault.main, fault.options);
        schema["properties"][fault.name] = with_description(verb, fault.help);
        one_of.push(json!({ "required": [fault.name] }));
    }
    schema["oneOf"] = json!(one_of);
    schema
}

fn object(keys: &[&[Key]]) -> Value {
    let mut properties = Map::new();
    for key in keys.iter().flat_map(|keys| keys.iter()) {
        properties.insert(key.name.to_owned(), described(key));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required(keys),
        "additionalProperties": false,
    })
}

fn required(keys: &[&[Key]]) -> Vec<&'static str> {
    let keys = keys.iter().flat_map(|keys| keys.iter());
    keys.filter(|key| key.default == Default::Required).map(|key| key.name).collect()
}

fn action() -> Value {
    let stands_alone = |verb: &&Verb| {
        verb.one_of.is_none() && verb.options.iter().all(|key| key.default != Default::Required)
    };
    let bare: Vec<&str> = VERBS.iter().filter(stands_alone).map(|verb| verb.name).collect();
    let mut verbs = Map::new();
    for verb in VERBS {
        verbs.insert(verb.name.to_owned(), verb_schema(verb));
    }
    json!({
        "description": "A verb, or a verb with what it needs.",
        "anyOf": [
            { "enum": bare },
            {
                "type": "object",
                "properties": verbs,
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
            },
        ],
    })
}

fn verb_schema(verb: &Verb) -> Value {
    let mut options = object(&[verb.options]);
    if let Some([one, other]) = verb.one_of {
        options["oneOf"] = json!([{ "required": [one] }, { "required": [other] }]);
    }
    with_description(or_main(options, verb.main, verb.options), verb.help)
}

/// Returns the schema of options in braces, or of the main option's bare value.
fn or_main(options: Value, main: Option<&str>, keys: &[Key]) -> Value {
    match keys.iter().find(|key| Some(key.name) == main) {
        Some(main) => json!({ "anyOf": [kind_schema(main.kind), options] }),
        None => options,
    }
}

fn described(key: &Key) -> Value {
    let default = match key.default {
        Default::Required => String::new(),
        Default::Is(literal) => format!(" Default: {literal}."),
        Default::Absent(what) if key.kind == Kind::Span => {
            format!(" Default: \"none\": {what}.")
        }
        Default::Absent(what) => format!(" Default: {what}."),
        Default::Instead(other) => format!(" Or `{other}`."),
        Default::OnlyDocument => " Default: the only one there is.".to_owned(),
    };
    let schema = match (key.kind, key.default) {
        (Kind::Span, Default::Absent(_)) => {
            json!({ "anyOf": [kind_schema(key.kind), { "const": "none" }] })
        }
        (kind, _) => kind_schema(kind),
    };
    with_description(schema, &format!("{}{default}", key.help))
}

/// Adds a description to a schema. A `$ref` is wrapped, because draft 7 ignores the keys beside it.
fn with_description(schema: Value, help: &str) -> Value {
    let mut schema =
        if schema.get("$ref").is_some() { json!({ "allOf": [schema] }) } else { schema };
    schema["description"] = json!(help);
    schema
}

fn kind_schema(kind: Kind) -> Value {
    let or_parameter =
        |schema: Value| json!({ "anyOf": [schema, { "$ref": "#/definitions/parameter" }] });
    let words = |words: Vec<&str>| json!({ "type": "array", "items": { "enum": words } });
    let time = r"^[0-9]+(\.[0-9]+)? ?(us|ms|s|min|h)";
    match kind {
        Kind::Text | Kind::Prose | Kind::Job | Kind::Thread | Kind::DocumentThread => {
            json!({ "type": "string" })
        }
        Kind::Name => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$" }),
        Kind::DocumentName | Kind::Document => json!({ "type": ["integer", "string"] }),
        Kind::Count(min, max) if max > 1 << 53 => {
            or_parameter(json!({ "type": "integer", "minimum": min }))
        }
        Kind::Count(min, max) => {
            or_parameter(json!({ "type": "integer", "minimum": min, "maximum": max }))
        }
        Kind::Span => or_parameter(json!({ "type": "string", "pattern": format!("{time}$") })),
        Kind::Window => or_parameter(json!({ "type": "string", "pattern": window(time) })),
        Kind::Start => json!({ "anyOf": [{ "const": "together" }, kind_schema(Kind::Window)] }),
        Kind::Chance => or_parameter(json!({ "type": "number", "minimum": 0, "maximum": 1 })),
        Kind::At | Kind::LockKey | Kind::SameKey | Kind::Guard => json!({ "type": "string" }),
        Kind::Flag => or_parameter(json!({ "type": "boolean" })),
        Kind::Choice(choices) => or_parameter(json!({ "enum": choices })),
        Kind::Local => json!({ "enum": Local::ALL.map(Local::name) }),
        Kind::Causes => words(Cause::ALL.map(Cause::name).to_vec()),
        Kind::Properties => words(PropertyId::ALL.map(PropertyId::name).to_vec()),
        Kind::Marks => words(Mark::ALL.map(Mark::name).to_vec()),
        Kind::Actions => json!({ "$ref": "#/definitions/actions" }),
        Kind::Outcomes => {
            let weight = json!({ "type": "integer", "minimum": 0 });
            let outcomes = OUTCOMES.map(|(word, _)| (word.to_owned(), weight.clone()));
            json!({
                "type": "object",
                "properties": Map::from_iter(outcomes),
                "additionalProperties": false,
            })
        }
        Kind::Switches => {
            let switch = |switch: &deadheat_model::switches::Switch| {
                let schema = json!({ "enum": switch.choices });
                (switch.name.to_owned(), with_description(schema, switch.question))
            };
            json!({
                "type": "object",
                "properties": SWITCHES.iter().map(switch).collect::<Map<_, _>>(),
                "additionalProperties": false,
            })
        }
        Kind::Rates => json!({
            "type": "object",
            "propertyNames": { "enum": PropertyId::ALL.map(PropertyId::name) },
            "additionalProperties": { "type": ["number", "string"] },
        }),
        Kind::Settings => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "number", "boolean"] },
        }),
        Kind::Withs => {
            let mut with = object(&[WITH, EXPECTATION]);
            with["anyOf"] = WITH.iter().map(|key| json!({ "required": [key.name] })).collect();
            json!({ "type": "array", "items": with })
        }
    }
}

fn window(time: &str) -> String {
    let time = time.trim_start_matches('^');
    format!(r"^{time}( ?\.\. ?{time})?$")
}
