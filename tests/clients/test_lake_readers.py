"""Others read the lake: deltalake, DuckDB and Polars open the tables and count what Trapline counts."""

import smtplib

import deltalake
import duckdb
import polars

TABLES = ["visits", "posts", "sessions", "deliveries", "messages", "probes"]


def fill(trapline):
    addresses = [trapline.harvest(f"240.1.2.{last}") for last in range(1, 6)]
    with smtplib.SMTP("127.0.0.1", trapline.smtp, timeout=20) as client:
        for address in addresses:
            client.sendmail("a@sender.example", [address, "guess@traps.example"], "Subject: x\r\n\r\nx\r\n")
    trapline.wait(lambda: trapline.deliveries() == 10, "the deliveries to be seen", seconds=5)
    # A server that stops has flushed everything; the commands work on.
    trapline.stop()
    trapline.run("lake", "compact")


def test_others_count_what_trapline_counts(trapline):
    fill(trapline)
    for table in TABLES:
        ours = trapline.query(f"select count(*) as n from {table}")[0]["n"]
        path = str(trapline.directory / "lake" / table)
        opened = deltalake.DeltaTable(path)
        assert opened.to_pyarrow_dataset().count_rows() == ours, f"deltalake counts otherwise in {table}"
        files = [str(file).removeprefix("file://") for file in opened.file_uris()]
        read = "0" if not files else f"(select count(*) from read_parquet({files}))"
        assert duckdb.sql(f"select {read}").fetchall()[0][0] == ours, f"DuckDB counts otherwise in {table}"
        assert polars.scan_delta(path).select(polars.len()).collect().item() == ours, f"Polars counts otherwise in {table}"
    assert trapline.query("select count(*) as n from visits")[0]["n"] == 5
    assert trapline.query("select count(*) as n from messages")[0]["n"] == 5


def test_a_message_is_byte_for_byte_the_same_to_others(trapline):
    fill(trapline)
    content = deltalake.DeltaTable(str(trapline.directory / "lake" / "messages")).to_pyarrow_table(columns=["content"])
    assert {bytes(value) for value in content["content"].to_pylist()} == {b"Subject: x\r\n\r\nx\r\n"}
