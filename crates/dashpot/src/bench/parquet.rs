//! The rows as Parquet, for those who read them with pandas, `DuckDB` or R; and for ourselves, who
//! look at one column after the other.

use super::row::{self, Kind};
use ::parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    column::reader::ColumnReader,
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    file::{
        properties::WriterProperties,
        reader::{FileReader as _, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};
use anyhow::{Context as _, bail};
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write},
    path::Path,
    sync::Arc,
};

/// Rows of one group: what is in memory at once, some ten megabytes.
const GROUP: usize = 1 << 13;

/// Copies the rows of sessions of the CSV file `from` to the Parquet file `to`, by way of a file
/// aside.
pub(super) fn write(from: &Path, to: &Path) -> anyhow::Result<()> {
    write_columns(from, to, &row::columns().collect::<Vec<_>>())
}

/// Copies rows of these columns.
pub(super) fn write_columns(
    from: &Path,
    to: &Path,
    named: &[(&'static str, Kind)],
) -> anyhow::Result<()> {
    let cannot_write = || format!("cannot write `{}`", to.display());
    let aside = to.with_extension("parquet.new");
    let out = File::create(&aside).with_context(cannot_write)?;
    let properties = WriterProperties::builder()
        .set_created_by(concat!("dashpot ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let schema = schema(named).with_context(cannot_write)?;
    let mut writer =
        SerializedFileWriter::new(out, schema, Arc::new(properties)).with_context(cannot_write)?;
    let rows = File::open(from).with_context(|| cannot_read(from))?;
    let mut lines = BufReader::new(rows).lines().skip(1);
    loop {
        let group = lines.by_ref().take(GROUP).collect::<Result<Vec<_>, _>>();
        let group = group.with_context(|| cannot_read(from))?;
        if group.is_empty() {
            break;
        }
        let rows = group.iter().map(|line| row::split(line, named.len()));
        let rows = rows.collect::<anyhow::Result<Vec<_>>>()?;
        let mut columns = writer.next_row_group().with_context(cannot_write)?;
        for (index, &(_, kind)) in named.iter().enumerate() {
            let cells = rows.iter().map(|row| row[index]).collect::<Vec<_>>();
            column(&mut columns, kind, &cells).with_context(cannot_write)?;
        }
        columns.close().with_context(cannot_write)?;
    }
    writer.close().with_context(cannot_write)?;
    fs::rename(&aside, to).with_context(cannot_write)
}

/// A file of rows, to be read column by column.
pub(super) struct Columns<'a> {
    path: &'a Path,
    file: SerializedFileReader<File>,
}

impl<'a> Columns<'a> {
    /// Opens the file.
    pub(super) fn open(path: &'a Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| cannot_read(path))?;
        let file = SerializedFileReader::new(file).with_context(|| cannot_read(path))?;
        Ok(Self { path, file })
    }

    /// Shows the text of each row in the column of that name.
    pub(super) fn texts(&self, name: &str, mut each: impl FnMut(&str)) -> anyhow::Result<()> {
        self.groups(name, |rows, column| {
            let ColumnReader::ByteArrayColumnReader(mut column) = column else {
                bail!("`{name}` is no text");
            };
            let mut values = Vec::with_capacity(rows);
            column.read_records(rows, None, None, &mut values)?;
            for value in values {
                each(value.as_utf8()?);
            }
            Ok(())
        })
    }

    /// Shows the number of each row in the column of that name, where the row has one.
    pub(super) fn reals(
        &self,
        name: &str,
        mut each: impl FnMut(Option<f64>),
    ) -> anyhow::Result<()> {
        self.groups(name, |rows, column| {
            let ColumnReader::DoubleColumnReader(mut column) = column else {
                bail!("`{name}` is no number");
            };
            let (mut values, mut is_there) = (Vec::new(), Vec::with_capacity(rows));
            column.read_records(rows, Some(&mut is_there), None, &mut values)?;
            let mut values = values.into_iter();
            is_there.into_iter().for_each(|is| each(if is == 0 { None } else { values.next() }));
            Ok(())
        })
    }

    /// Has `read` read a column, one group of rows after the other.
    fn groups(
        &self,
        name: &str,
        mut read: impl FnMut(usize, ColumnReader) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let fields = self.file.metadata().file_metadata().schema_descr();
        let place = fields.columns().iter().position(|column| column.name() == name);
        let mut all = || {
            let place = place.with_context(|| format!("no column `{name}`"))?;
            for group in 0..self.file.num_row_groups() {
                let group = self.file.get_row_group(group)?;
                let rows = usize::try_from(group.metadata().num_rows())?;
                read(rows, group.get_column_reader(place)?)?;
            }
            anyhow::Ok(())
        };
        all().with_context(|| cannot_read(self.path))
    }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}

fn schema(named: &[(&str, Kind)]) -> Result<Arc<Type>, ::parquet::errors::ParquetError> {
    let fields = named.iter().map(|&(name, kind)| {
        let (physical, logical, repetition) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED),
            Kind::Integer => (Physical::INT64, None, Repetition::REQUIRED),
            Kind::Real => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition);
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("session").with_fields(fields).build()?))
}

fn column<W: Write + Send>(
    columns: &mut SerializedRowGroupWriter<'_, W>,
    kind: Kind,
    cells: &[&str],
) -> anyhow::Result<()> {
    let mut column = columns.next_column()?.context("fewer columns than the schema has")?;
    match kind {
        Kind::Text => {
            let values = cells.iter().map(|&cell| ByteArray::from(cell)).collect::<Vec<_>>();
            column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Kind::Integer => {
            let values = cells.iter().map(|cell| cell.parse()).collect::<Result<Vec<i64>, _>>();
            column.typed::<Int64Type>().write_batch(&values?, None, None)?;
        }
        Kind::Real => {
            let is_there = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect::<Vec<_>>();
            let there = cells.iter().filter(|cell| !cell.is_empty());
            let values = there.map(|cell| cell.parse()).collect::<Result<Vec<f64>, _>>()?;
            column.typed::<DoubleType>().write_batch(&values, Some(&is_there), None)?;
        }
    }
    Ok(column.close()?)
}
