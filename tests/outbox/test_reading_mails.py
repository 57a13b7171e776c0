"""Emails of any make are read, and what is broken, huge or meant to do harm costs no more than itself."""

import base64
from email.message import EmailMessage
from email.policy import SMTP

from app.outbox.incoming.reading import read
from app.outbox.incoming.wording import worded
from app.readers.mails import Attachment, Body, Mail

HEAD = b"From: Laura <laura@hartley.example>\r\nMessage-ID: <a@b>\r\nSubject: Hello\r\n"


async def test_an_email_is_read_with_all_its_parts() -> None:
    message = EmailMessage(SMTP)
    message["From"] = '"boss@harbor.example, the boss" <laura@hartley.example>'
    message["To"] = "hello@harbor.example, Jo <jo@harbor.example>"
    message["Subject"] = "Grüße"
    message["Message-ID"] = "<9@hartley.example>"
    message["In-Reply-To"] = "<2@harbor.example>"
    message["References"] = "<1@harbor.example> <2@harbor.example>"
    message.set_content("Thank you,\nLaura\n")
    message.add_alternative("<p>Thank <b>you</b></p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"x" * 30_000, "image", "jpeg", filename="Ü\r\n/photo.jpg")
    mail = await read(message.as_bytes())
    assert (mail.sender, mail.to) == ("laura@hartley.example", ["hello@harbor.example", "jo@harbor.example"])
    assert (mail.subject, mail.message_id) == ("Grüße", "<9@hartley.example>")
    assert mail.answers == ["<2@harbor.example>", "<1@harbor.example>"]
    [body] = mail.bodies
    assert body.text == "Thank you,\nLaura"
    [attachment] = mail.attachments
    assert ("\n" in attachment.name, 29_000 < attachment.size < 32_000) == (False, True)
    fields = worded(mail, is_whole=True)
    assert fields["html"].startswith("<p>Thank <b>you</b></p>")
    assert "script" not in fields["html"]
    assert fields["body"].startswith("Thank you,\nLaura\n\nAttachments, in the mailbox: ")


async def test_what_is_broken_is_read_as_far_as_it_goes() -> None:
    raw = HEAD + (
        b"Subject: second\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"R3L83w==!!\r\n--x\r\nContent-Type: text/html; charset=utf-16\r\n\r\n\xff\xd8\r\n"
    )
    mail = await read(raw)
    assert (mail.subject, mail.bodies[0]) == ("Hello", Body("Grüß", None))
    raw = (
        b"From: =?utf-8?q?=FF?= <\x00@\xff>, ((("
        + b"(" * 9_000
        + b"\r\nTo: a@b@c\r\nSubject: \xfc\x00\xe9\r\n\r\nHi"
    )
    mail = await read(raw)
    assert (mail.sender, mail.subject, mail.bodies) == (None, "ü é", [Body("Hi", None)])
    assert (await read(b"")).bodies == []


async def test_a_line_that_is_slipped_in_is_none() -> None:
    raw = (
        b"From: laura@hartley.example\r\nSubject: =?utf-8?q?Hello=0D=0ABcc:_all@example.com?=\r\n"
        b"Subject: other\r\n\r\nText"
    )
    mail = await read(raw)
    assert mail.subject == "Hello Bcc: all@example.com"
    assert (mail.to, mail.cc) == ([], [])


async def test_a_bomb_costs_its_own_body_alone() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (each, each) for each in range(2_000)
    )
    mail = await read(HEAD + deep + b"Hi")
    assert (mail.subject, mail.is_whole) == ("Hello", False)
    wide = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 400_000
    mail = await read(wide)
    assert (mail.subject, mail.is_whole) == ("Hello", False)
    assert worded(mail, is_whole=True)["body"].startswith("This email is longer")


async def test_a_large_file_is_named_and_not_taken() -> None:
    lines = base64.encodebytes(b"\0" * 7_000_000)
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee there.\r\n--x\r\n"
        + b"Content-Type: video/mp4; name=party.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + lines
        + b"--x--\r\n"
    )
    mail = await read(raw)
    assert (mail.is_whole, mail.bodies) == (True, [Body("See there.", None)])
    assert (
        worded(mail, is_whole=True)["body"] == "See there.\n\nAttachments, in the mailbox: party.mp4 (7.1 MB)"
    )


def test_the_number_of_a_card_is_not_kept() -> None:
    mail = Mail(subject="Card 4111 1111 1111 1111", bodies=[Body("Please charge 4111-1111-1111-1111", None)])
    fields = worded(mail, is_whole=True)
    assert "1111" not in str(fields)
    assert "in the mailbox" in fields["body"]
    named = Mail(sender="4111111111111111@example.com", attachments=[Attachment("a.txt", 3)])
    assert "1111" not in str(worded(named, is_whole=True))


def test_what_is_too_long_for_a_record_is_cut_and_says_so() -> None:
    mail = Mail(bodies=[Body("word " * 40_000, "<p>word</p>" * 30_000)])
    fields = worded(mail, is_whole=True)
    assert len(fields["body"]) <= 200_000
    assert fields["body"].endswith("all of it is in the mailbox.")
    assert fields["html"] is None
