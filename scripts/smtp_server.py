"""An SMTP server for tests: keeps every mail as a line of JSON, and misbehaves when it is asked to.

Prints `127.0.0.1:PORT` when it listens. What goes wrong is told by the recipient, so that tests can
share a server:

    rcpt-550@…      the recipient is answered with 550 (any code)
    content-451@…   the mail is answered with 451 (any code), and not kept
    lost@…          the mail is kept, then the connection is closed without an answer
    slow@…          the mail is kept, the answer comes after a minute
    slow-rcpt@…     the recipient is answered after a minute
    cut@…           the connection is closed when the recipient is told
    bye@…           the mail is kept and answered, then the connection is closed
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import signal
import ssl
import subprocess
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

MINUTE = 60


def user(address: str) -> str:
    return address.rsplit("@", 1)[0]


class Handler:
    def __init__(self, path: str) -> None:
        self.path = path

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = user(address)
        if name.startswith("rcpt-"):
            return f"{name.removeprefix('rcpt-')} not this one: {address}"
        if name == "slow-rcpt":
            await asyncio.sleep(MINUTE)
        if name == "cut":
            server.transport.abort()
            return "421 closing"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope):
        name = user(envelope.rcpt_tos[0])
        if name.startswith("content-"):
            return f"{name.removeprefix('content-')} not this mail to {envelope.rcpt_tos[0]}"
        self.keep(server, session, envelope)
        if name == "lost":
            server.transport.abort()
        if name == "slow":
            await asyncio.sleep(MINUTE)
        if name == "bye":
            await server.push("250 OK")
            server.transport.close()
        return "250 OK"

    def keep(self, server: SMTP, session: Session, envelope: Envelope) -> None:
        """Written as an independent reader understands it, and as it came."""
        raw = envelope.original_content
        mail = email.message_from_bytes(raw, policy=email.policy.default)

        def text(kind: str) -> str:
            body = mail.get_body(preferencelist=(kind,))
            # Lines end with CR LF on the wire.
            return body.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n") if body else ""

        record = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "user": getattr(session, "login_name", None),
            "peer": session.peer[1],
            "headers": [[name, str(value)] for name, value in mail.items()],
            "content_type": mail.get_content_type(),
            "text": text("plain"),
            "html": text("html"),
            "raw": raw.decode("utf-8", "replace"),
        }
        with open(self.path, "a", encoding="utf-8") as mails:
            mails.write(json.dumps(record) + "\n")


def authenticator(user_and_password: str):
    expected = tuple(part.encode() for part in user_and_password.split(":", 1))

    def check(server, session, envelope, mechanism, data):
        success = (data.login, data.password) == expected
        if success:
            session.login_name = data.login.decode()
        return AuthResult(success=success, handled=False)

    return check


def certificate(folder: str) -> ssl.SSLContext:
    """A new one, for localhost, of an authority of its own: client.pem is what a client trusts."""
    command = [sys.executable, "-m", "trustme", "-q", "-d", folder, "-i", "localhost", "127.0.0.1"]
    subprocess.run(command, check=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
    return context


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mails", required=True, help="the file that mails are added to")
    parser.add_argument("--security", choices=["plain", "starttls", "tls"], default="plain")
    parser.add_argument("--certificates", help="a folder for new certificates")
    parser.add_argument("--login", help="user:password that must sign in")
    parser.add_argument("--no-utf8", action="store_true", help="without SMTPUTF8")
    options = parser.parse_args()

    # What clients do wrong here, they do on purpose.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").disabled = True

    context = None if options.security == "plain" else certificate(options.certificates)
    handler = Handler(options.mails)

    def protocol() -> SMTP:
        return SMTP(
            handler,
            hostname="mail.example",
            enable_SMTPUTF8=not options.no_utf8,
            tls_context=context if options.security == "starttls" else None,
            require_starttls=options.security == "starttls",
            auth_required=options.login is not None,
            auth_require_tls=False,
            authenticator=authenticator(options.login) if options.login else None,
        )

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listening = await loop.create_server(
        protocol,
        host="127.0.0.1",
        port=options.port,
        ssl=context if options.security == "tls" else None,
    )
    print(f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()


asyncio.run(main())
