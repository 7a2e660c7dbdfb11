//! A history as CSV: a header that names the columns in any order, and a row a line.

use super::{Event, FileError, Value, jsonl};
use ::csv::{ReaderBuilder, StringRecord};

/// All events of a text.
pub(super) fn events(text: &str) -> Result<Vec<Event>, FileError> {
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let wrong = |line: u64| move |problem: String| FileError { line, problem };
    let header = reader.headers().map_err(|error| wrong(1)(error.to_string()))?.clone();
    for (place, name) in header.iter().enumerate() {
        let known = ["process", "type", "f", "key", "value", "time", "index", "error"];
        if !known.contains(&name) {
            return Err(wrong(1)(jsonl::unknown(name)));
        }
        if header.iter().take(place).any(|other| other == name) {
            return Err(wrong(1)(format!("the column `{name}` is there twice")));
        }
    }
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, |position| position.line());
            wrong(line)("a row has as many fields as the header".to_owned())
        })?;
        let line = record.position().map_or(1, |position| position.line());
        events.push(event(line, &header, &record).map_err(wrong(line))?);
    }
    Ok(events)
}

fn event(line: u64, header: &StringRecord, record: &StringRecord) -> Result<Event, String> {
    let mut event = Event { line, ..Event::default() };
    for (name, field) in header.iter().zip(record) {
        let text = Some(field.to_owned()).filter(|text| !text.is_empty());
        match name {
            "process" => event.process = text,
            "type" => event.kind = text,
            "f" => event.function = text,
            "key" => event.key = text,
            "value" => event.value = value(field)?,
            "time" => {
                let time = field.parse().ok();
                event.time = Some(time.ok_or("`time` is a whole number from 0, in any unit")?);
            }
            _ => {}
        }
    }
    Ok(event)
}

/// An empty field is nothing; a pair is written as in JSON.
fn value(field: &str) -> Result<Value, String> {
    match field {
        "" | "null" => Ok(Value::Nothing),
        pair if pair.starts_with('[') => match serde_json::from_str(pair) {
            Ok(json) => jsonl::value(&json),
            Err(_) => Err("a `value` with brackets is a pair: \"[expected, new]\"".into()),
        },
        text => Ok(Value::Text(text.to_owned())),
    }
}
