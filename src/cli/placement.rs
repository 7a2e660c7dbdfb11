//! `placement`: the placement functions side by side, as a table, CSV and JSON Lines.

use super::arguments::Placement;
use super::explain::meant;
use super::{Exit, Host};
use crate::hashing::Function;
use crate::hashing::compare::{COLUMNS, Comparison, compare};
use crate::report::{terminal, write_whole};
use serde_json::{Map, Value, json};

/// The columns that a table on a terminal shows, with their heads: shares of the keys in percent.
const SHOWN: [(usize, &str); 12] = [
    (5, "unowned"),
    (6, "max/mean"),
    (7, "deviation"),
    (8, "join"),
    (9, "stray"),
    (10, "leave"),
    (11, "stray"),
    (12, "reordered"),
    (13, "returned"),
    (14, "crossed"),
    (15, "one zone"),
    (16, "spread"),
];

impl Host<'_> {
    /// Obeys `placement`.
    pub fn placement(&mut self, arguments: &Placement) -> Exit {
        let functions = match self.functions(&arguments.functions) {
            Ok(functions) => functions,
            Err(exit) => return exit,
        };
        let mut table = COLUMNS.join(",") + "\n";
        for members in &arguments.members {
            if !arguments.json {
                self.terminal.print(&head(*members, arguments.keys));
            }
            for function in &functions {
                let found = match compare(function, *members, arguments.keys) {
                    Ok(found) => found,
                    Err(refused) => {
                        self.terminal.say(&format!("{}: left out: {refused}", function.name));
                        continue;
                    }
                };
                table += &(found.row().join(",") + "\n");
                self.terminal.print(&if arguments.json { line(&found) } else { shown(&found) });
            }
        }
        match &arguments.csv {
            None => Exit::AsExpected,
            Some(path) => match write_whole(path.clone(), table.as_bytes()) {
                Ok(()) => Exit::AsExpected,
                Err(failed) => self.refused(&failed),
            },
        }
    }

    fn functions(&mut self, names: &[String]) -> Result<Vec<Function>, Exit> {
        if names.is_empty() {
            return Ok(Function::ALL.to_vec());
        }
        let mut found = Vec::new();
        for name in names {
            let Some(function) = Function::named(name) else {
                let known = Function::ALL.iter().map(|it| it.name.to_owned()).collect::<Vec<_>>();
                let cure = meant(name, &known, &format!("there are {}", known.join(", ")));
                let name = terminal(name);
                self.terminal.error(&format!("there is no placement function `{name}`; {cure}"));
                return Err(Exit::Usage);
            };
            found.push(function);
        }
        Ok(found)
    }
}

fn head(members: u32, keys: u32) -> String {
    let heads: Vec<String> = SHOWN.iter().map(|(_, head)| format!("{head:>10}")).collect();
    let title = format!("{members} members, {keys} keys");
    format!("{title:<32}{:>12}{}", "bytes", heads.concat())
}

fn shown(found: &Comparison) -> String {
    let row = found.row();
    let figure = |(column, _): &(usize, &str)| {
        let Ok(ppm) = row[*column].parse::<u64>() else { return format!("{:>10}", "-") };
        match *column {
            6 => format!("{:>6}.{:03}", ppm / 1_000_000, ppm % 1_000_000 / 1_000),
            _ => format!("{:>7}.{} %", ppm / 10_000, ppm % 10_000 / 1_000),
        }
    };
    let figures: Vec<String> = SHOWN.iter().map(figure).collect();
    let name = format!("  {} ({})", row[0], row[1]);
    format!("{name:<32}{:>12}{}", row[4], figures.concat())
}

fn line(found: &Comparison) -> String {
    let mut object = Map::new();
    object.insert("v".to_owned(), json!(1));
    object.insert("kind".to_owned(), json!("placement"));
    for (name, cell) in COLUMNS.iter().zip(found.row()) {
        let number = cell.parse::<u64>().map(Value::from);
        let empty = if cell.is_empty() { Value::Null } else { json!(cell) };
        object.insert((*name).to_owned(), number.unwrap_or(empty));
    }
    Value::Object(object).to_string()
}
