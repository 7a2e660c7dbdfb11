//! A history as JSON Lines: an object a line.

use super::{Event, FileError, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::error::Category;
use std::fmt;

/// All events of a text; empty lines are passed over.
pub(super) fn events(text: &str) -> Result<Vec<Event>, FileError> {
    let lines = (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty());
    let event = |(line, text)| event(line, text).map_err(|problem| FileError { line, problem });
    lines.map(event).collect()
}

/// The fields of an object as they stand there, one that is there twice too: a map would keep the
/// last and say nothing.
struct Fields(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn event(line: u64, text: &str) -> Result<Event, String> {
    let Fields(fields) = serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data if !text.trim_start().starts_with('{') => {
            "not a JSON object: write {\"process\": 0, \"type\": \"invoke\", ..}".to_owned()
        }
        _ => format!("no JSON: {error}"),
    })?;
    let mut event = Event { line, ..Event::default() };
    for (place, (name, json)) in fields.iter().enumerate() {
        if fields.iter().take(place).any(|(other, _)| other == name) {
            return Err(format!("`{name}` is there twice"));
        }
        match name.as_str() {
            "process" => event.process = Some(scalar(name, json)?),
            "type" => event.kind = Some(scalar(name, json)?),
            "f" => event.function = Some(scalar(name, json)?),
            "key" => event.key = Some(scalar(name, json)?),
            "value" => event.value = value(json)?,
            "time" => {
                let time = json.as_u64();
                event.time = Some(time.ok_or("`time` is a whole number from 0, in any unit")?);
            }
            "index" | "error" => {}
            other => return Err(unknown(other)),
        }
    }
    Ok(event)
}

/// What stands under `value`, in both formats.
pub(super) fn value(json: &Json) -> Result<Value, String> {
    match json {
        Json::Null => Ok(Value::Nothing),
        Json::Array(pair) => match &pair[..] {
            [expected, new] => Ok(Value::Pair(scalar("value", expected)?, scalar("value", new)?)),
            _ => Err("a `value` with brackets is a pair: [expected, new]".into()),
        },
        json => Ok(Value::Text(scalar("value", json)?)),
    }
}

fn scalar(name: &str, json: &Json) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) if number.is_f64() => Err(format!(
            "`{name}` is a whole number below 2^64 or a text: two numbers that are rounded to the \
             same would be taken for one; write it in quotes"
        )),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(truth) => Ok(truth.to_string()),
        _ => Err(format!("`{name}` is a text or a number")),
    }
}

/// The error for a column that nobody knows.
pub(super) fn unknown(name: &str) -> String {
    format!("`{name}` is no column of a history: process, type, f, key, value, time, index, error")
}
