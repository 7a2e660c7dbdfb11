//! The JSON Schema of scenario files, for completion and checks in editors.
//!
//! Draft 7, because the TOML tools know that one.

use super::file::ScenarioFile;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema of a scenario file whose `[algorithm.<name>]` is one of these, each with the schema
/// of its settings.
pub fn schema(algorithms: &[(String, Value)]) -> Value {
    let generator = SchemaSettings::draft07().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioFile>().to_value();
    let mut definitions = Map::new();
    let mut sections = Map::new();
    for (name, settings) in algorithms {
        let mut settings = settings.clone();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let prefix: String = name.chars().filter(|c| is_plain(*c)).collect();
        point_to_definitions(&mut settings, &prefix);
        if let Some(settings) = settings.as_object_mut() {
            settings.remove("$schema");
            for key in ["definitions", "$defs"] {
                let Some(Value::Object(inner)) = settings.remove(key) else { continue };
                let named =
                    inner.into_iter().map(|(of, schema)| (format!("{prefix}.{of}"), schema));
                definitions.extend(named);
            }
        }
        sections.insert(name.clone(), settings);
    }
    let algorithm = json!({
        "description": "The algorithm: exactly one section, `<family>-<name>`, with its settings.",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    let Some(root) = schema.as_object_mut() else { return schema };
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        properties.insert("algorithm".to_owned(), algorithm);
    }
    root.insert("required".to_owned(), json!(["name", "format", "duration", "nodes", "algorithm"]));
    if let Value::Object(own) = root.entry("definitions").or_insert_with(|| json!({})) {
        own.extend(definitions);
    }
    schema
}

/// Lets references of an algorithm's schema point to where its parts are put: under `definitions`
/// whatever its draft was, and behind its name, so that two algorithms may use one name.
fn point_to_definitions(value: &mut Value, prefix: &str) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                for old in ["#/$defs/", "#/definitions/"] {
                    if let Some(name) = reference.strip_prefix(old) {
                        *reference = format!("#/definitions/{prefix}.{name}");
                        break;
                    }
                }
            }
            object.values_mut().for_each(|value| point_to_definitions(value, prefix));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|value| point_to_definitions(value, prefix));
        }
        _ => {}
    }
}
