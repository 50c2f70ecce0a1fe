"""Mail programs that nobody here wrote deliver to a harvested address, and the message is stored byte for byte."""

import smtplib
import ssl
import subprocess

MESSAGE = "From: a@sender.example\r\nTo: {}\r\nSubject: from a real client\r\n\r\n.a line that begins with a dot\r\nend\r\n"


def only_delivery(trapline, tls: bool):
    trapline.wait(lambda: trapline.deliveries() == 1, "the delivery to be seen", seconds=5)
    row = trapline.query("select id, harvester, tls, recipient, confidence from deliveries")[0]
    assert row["harvester"] == "240.1.2.3"
    assert row["tls"] is tls
    assert row["confidence"] > 0
    return row


def raw(trapline, row) -> bytes:
    return trapline.run("mail", "show", "--raw", row["id"]).stdout


def unverified() -> ssl.SSLContext:
    """The trap's certificate is made by itself, as spam's senders accept it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_smtplib_delivers_in_clear(trapline):
    address = trapline.harvest()
    content = MESSAGE.format(address)
    with smtplib.SMTP("127.0.0.1", trapline.smtp, timeout=20) as client:
        client.sendmail("a@sender.example", [address], content)
    assert raw(trapline, only_delivery(trapline, tls=False)) == content.encode()


def test_smtplib_delivers_by_starttls(trapline):
    address = trapline.harvest()
    content = MESSAGE.format(address)
    with smtplib.SMTP("127.0.0.1", trapline.smtp, timeout=20) as client:
        client.starttls(context=unverified())
        client.sendmail("a@sender.example", [address.upper()], content)
    assert raw(trapline, only_delivery(trapline, tls=True)) == content.encode()


def test_smtplib_login_is_refused_and_recorded_without_the_password(trapline):
    with smtplib.SMTP("127.0.0.1", trapline.smtp, timeout=20) as client:
        client.ehlo()
        try:
            client.login("admin", "correct horse battery staple")
            raise AssertionError("a trap let somebody log in")
        except smtplib.SMTPAuthenticationError as refused:
            assert refused.smtp_code == 535
    trapline.wait(lambda: trapline.query("select 1 as n from sessions"), "the session to be seen", seconds=5)
    session = trapline.run("--json", "query", "select auth_attempts, transcript from sessions").stdout
    assert b"admin" in session
    assert b"correct horse" not in session


def test_swaks_delivers_by_starttls(trapline):
    address = trapline.harvest()
    command = ["swaks", "--server", f"127.0.0.1:{trapline.smtp}", "--tls", "--to", address, "--from", "a@sender.example"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert b"X-Mailer: swaks" in raw(trapline, only_delivery(trapline, tls=True))


def test_curl_delivers(trapline, tmp_path):
    address = trapline.harvest()
    content = MESSAGE.format(address)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(content.encode())
    command = ["curl", "--silent", "--show-error", f"smtp://127.0.0.1:{trapline.smtp}", "--mail-from", "a@sender.example"]
    subprocess.run([*command, "--mail-rcpt", address, "--upload-file", str(mail)], check=True, capture_output=True, timeout=60)
    assert raw(trapline, only_delivery(trapline, tls=False)) == content.encode()


def test_postfix_smtp_source_delivers_many_at_once(trapline):
    address = trapline.harvest()
    count = 500
    command = ["smtp-source", "-s", "20", "-m", str(count), "-l", "4096", "-f", "a@sender.example", "-t", address]
    subprocess.run([*command, f"127.0.0.1:{trapline.smtp}"], check=True, capture_output=True, timeout=120)
    trapline.wait(lambda: trapline.deliveries() >= count, "the deliveries to be seen", seconds=10)
    assert trapline.deliveries() == count
    assert trapline.query("select count(distinct id) as n from deliveries")[0]["n"] == count


def test_a_foreign_domain_is_refused_and_recorded(trapline):
    with smtplib.SMTP("127.0.0.1", trapline.smtp, timeout=20) as client:
        try:
            client.sendmail("a@sender.example", ["victim@elsewhere.example"], MESSAGE.format("x"))
            raise AssertionError("a trap relayed")
        except smtplib.SMTPRecipientsRefused as refused:
            assert list(refused.recipients.values())[0][0] == 550
    trapline.wait(lambda: trapline.query("select 1 as n from probes where kind = 'relay'"), "the probe to be seen", seconds=5)
